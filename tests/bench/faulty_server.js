/** A chat server in memory that does one thing wrong, once it has done right for a while. Speaks what `parley bench` needs. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const event = (name, body) => `42${JSON.stringify([name, body])}`;
const goodBefore = 20;

/** From whom to whom. */
function peopleOf(text) {
  const [, { sender, receiver }] = JSON.parse(text.slice(2));
  return `${sender} ${receiver}`;
}

/** What is sent instead of `[socket, text]`, in order; each is called for every receive_message, `count` from 1. */
const faults = {
  none: (delivery) => [delivery],
  loses: (delivery, { count }) => (count === goodBefore ? [] : [delivery]),
  doubles: (delivery, { count }) => (count === goodBefore ? [delivery, delivery] : [delivery]),
  misdirects: ([socket, text], { count, anybodyElse }) => [[count === goodBefore ? anybodyElse() : socket, text]],
  swaps: (delivery, { count, held }) => {
    if (count < goodBefore) return [delivery];
    // The first one to a socket waits for the next one from the same sender.
    const [socket, text] = delivery;
    const people = peopleOf(text);
    const earlier = held.get(socket);
    if (earlier === undefined) {
      held.set(socket, { delivery, people });
      return [];
    }
    if (earlier?.people !== people) return [delivery];
    held.set(socket, null);
    return [delivery, earlier.delivery];
  },
};

export class FaultyServer {
  /** @param options {fault, refuses, hangsUp}: a name above; every nth message is refused; so many are answered before a socket is closed */
  static async start(options) {
    const server = new FaultyServer(options);
    await new Promise((done) => server.http.listen(0, '127.0.0.1', done));
    server.url = `http://127.0.0.1:${server.http.address().port}`;
    return server;
  }

  constructor({ fault = 'none', refuses = Infinity, hangsUpAfter = Infinity, tooManyCalls = false, fragments = false } = {}) {
    Object.assign(this, { fault: faults[fault], refuses, hangsUpAfter, tooManyCalls, fragments, users: new Map(), sockets: new Map(), held: new Map() });
    this.counts = { messages: 0, deliveries: 0 };
    this.http = createServer((request, response) => this.rest(request, response));
    const sockets = new WebSocketServer({ server: this.http });
    sockets.on('connection', (socket) => this.serve(socket));
  }

  async rest(request, response) {
    let text = '';
    for await (const part of request) text += part;
    const { email } = JSON.parse(text);
    const user = this.users.get(email) ?? { _id: (this.users.size + 1).toString(16).padStart(24, '0') };
    this.users.set(email, user);
    const status = this.tooManyCalls ? 429 : request.url.endsWith('register') ? 201 : 200;
    const answer = JSON.stringify(this.tooManyCalls ? { success: false, message: 'Too many requests' } : { accessToken: user._id, user });
    response.writeHead(status, { 'content-length': Buffer.byteLength(answer) }).end(answer);
  }

  serve(socket) {
    socket.send('0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    if (this.fragments) socket.send('42["a"', { fin: false });
    socket.on('message', (bytes) => {
      const [, type, id, json] = /^4([02])(\d*)(.*)$/s.exec(bytes.toString()) ?? [];
      if (type === '0') this.join(socket, JSON.parse(json).token);
      else if (type === '2') this.send(socket, JSON.parse(json)[1], id);
    });
  }

  join(socket, user) {
    socket.user = user;
    this.sockets.set(user, socket);
    socket.send('40{"sid":"s"}');
  }

  send(socket, { receiverId, content }, id) {
    this.counts.messages += 1;
    if (this.counts.messages > this.hangsUpAfter) return socket.close();
    if (this.counts.messages % this.refuses === 0) return socket.send(`43${id}[{"ok":false,"error":{"code":"overloaded"}}]`);
    const text = event('receive_message', { _id: 'm', sender: socket.user, receiver: receiverId, content });
    for (const user of [receiverId, socket.user]) this.deliver([this.sockets.get(user), text]);
    return socket.send(`43${id}[{"ok":true,"message":{}}]`);
  }

  deliver(delivery) {
    this.counts.deliveries += 1;
    const people = peopleOf(delivery[1]);
    const anybodyElse = () => [...this.sockets.values()].find((other) => !people.includes(other.user));
    const around = { count: this.counts.deliveries, held: this.held, anybodyElse };
    for (const [socket, text] of this.fault(delivery, around)) socket.send(text);
  }

  close() {
    for (const socket of this.sockets.values()) socket.terminate();
    this.http.closeAllConnections();
    this.http.close();
  }
}
