package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	headerSize = 16
	maxMessage = 48_000_000

	opMsg        = 2013
	moreToCome   = 2 // Of an OP_MSG's flags: nobody waits for an answer.
	replyTimeout = 30 * time.Second

	// Of one command. FerretDB keeps a database connection open for each update in it and has 100 of
	// them; and it goes on after the first hundred of ordered inserts whatever became of those. Drivers
	// split what is longer.
	maxWrites = 50
)

var maxWritesField = []byte("\x10maxWriteBatchSize\x00") // An int32 of the answer to hello.

// gate passes whole wire messages on, one command at a time from its first byte to its answer's last.
// Source: MongoDB wire protocol, "Standard Message Header", "OP_MSG".
type gate struct {
	socket string
	turn   sync.Mutex // Held from a command to its answer.

	mutex sync.Mutex
	open  map[net.Conn]struct{}
	ended bool
}

func newGate(socket string) *gate {
	return &gate{socket: socket, open: map[net.Conn]struct{}{}}
}

func (g *gate) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go g.pass(client)
	}
}

// shut ends every connection.
func (g *gate) shut() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.ended = true
	for connection := range g.open {
		connection.Close()
	}
}

func (g *gate) enter(connection net.Conn) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.open[connection] = struct{}{}
	return !g.ended
}

func (g *gate) leave(connection net.Conn) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	delete(g.open, connection)
	connection.Close()
}

func (g *gate) pass(client net.Conn) {
	defer g.leave(client)
	if !g.enter(client) {
		return
	}
	server, err := net.Dial("unix", g.socket)
	if err != nil {
		return
	}
	defer g.leave(server)
	if !g.enter(server) {
		return
	}
	for {
		command, err := readMessage(client)
		if err != nil {
			return
		}
		answer, err := g.ask(server, command)
		if err != nil {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

// ask gives the answer, which is empty when the command asks for none.
func (g *gate) ask(server net.Conn, command []byte) ([]byte, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	if err := server.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return nil, err
	}
	if _, err := server.Write(command); err != nil {
		return nil, err
	}
	if !wantsAnswer(command) {
		return nil, nil
	}
	answer, err := readMessage(server)
	if at := bytes.Index(answer, maxWritesField); at >= 0 && len(answer) >= at+len(maxWritesField)+4 {
		binary.LittleEndian.PutUint32(answer[at+len(maxWritesField):], maxWrites)
	}
	return answer, err
}

func wantsAnswer(command []byte) bool {
	if binary.LittleEndian.Uint32(command[12:]) != opMsg || len(command) < headerSize+4 {
		return true
	}
	return binary.LittleEndian.Uint32(command[headerSize:])&moreToCome == 0
}

func readMessage(from io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(from, size[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(size[:])
	if length < headerSize || length > maxMessage {
		return nil, errors.New("a message of impossible length")
	}
	message := make([]byte, length)
	copy(message, size[:])
	_, err := io.ReadFull(from, message[len(size):])
	return message, err
}
