// A MongoDB-wire server for tests: FerretDB with SQLite in a folder, on a free port of 127.0.0.1.
// The first line of its output is its URI, once it takes connections. It ends with SIGTERM.
//
// FerretDB's updates read, change and write back without isolation, where MongoDB's are atomic for a
// document. So this program listens itself and lets one command through at a time.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	data := flag.String("data", "", "the folder of its data; made when absent")
	port := flag.Int("port", 0, "of 127.0.0.1; 0 takes a free one")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, *data, *port); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, data string, port int) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	folder, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	// Of no file system: nothing is left of it, however this process ends.
	socket := fmt.Sprintf("@parley-ferretdb-%d", os.Getpid())
	database, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/?_pragma=synchronous(off)", // a kill loses nothing; only a power cut would
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	gate := newGate(socket)
	go gate.serve(listener)
	if err := announce(socket, listener); err != nil {
		return err
	}
	go func() {
		<-ctx.Done()
		listener.Close()
		gate.shut()
	}()
	return database.Run(ctx)
}

// announce prints the URI. The database listens since New, and answers as soon as it runs.
func announce(socket string, listener net.Listener) error {
	probe, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return err
	}
	probe.Close()
	_, err = fmt.Printf("mongodb://%s/\n", listener.Addr())
	return err
}
