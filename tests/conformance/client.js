/** Polling and WebSocket, as plain as they can be: what is sent is what the test says. */
import { request } from 'node:http';
import WebSocket from 'ws';

const separator = '\x1e';

/** One HTTP request on a connection of its own: {status, headers, body}. Calls `onSent` when all of it has left. */
export function http(port, method, path, { body, headers = {}, signal, onSent = () => {} } = {}) {
  return new Promise((done, fail) => {
    const asked = request({ port, host: '127.0.0.1', method, path, headers, agent: false, signal }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('error', fail);
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', fail);
    asked.on('finish', onSent);
    asked.end(body);
  });
}

/** A session on HTTP long-polling. */
export class Polling {
  static async open(port, path = '/socket.io/') {
    const polling = new Polling();
    Object.assign(polling, { port, base: `${path}?EIO=4&transport=polling` });
    const answer = await http(port, 'GET', polling.base);
    polling.answer = answer;
    polling.open = JSON.parse(answer.body.slice(1));
    polling.sid = polling.open.sid;
    return polling;
  }

  get path() {
    return `${this.base}&sid=${this.sid}`;
  }

  get(options) {
    return http(this.port, 'GET', this.path, options);
  }

  post(body, headers = {}) {
    return http(this.port, 'POST', this.path, { body, headers });
  }

  /** Calls `ask`, which begins a GET with the options it is given, and comes back when the GET waits: since it left, another request was answered. */
  async waits(ask) {
    await new Promise((onSent) => ask({ onSent }));
    await this.post('6');
  }

  /** Packets of the next GET. */
  async packets(options) {
    return (await this.get(options)).body.split(separator);
  }

  /** Packets until `count` came that are no pings. */
  async take(count, options) {
    const taken = [];
    while (taken.length < count) {
      for (const packet of await this.packets(options)) {
        if (packet === '2') await this.post('3');
        else taken.push(packet);
      }
    }
    return taken;
  }
}

/** A WebSocket whose messages are queued; texts as strings, binary as Buffers. Pings are answered and left out. */
export class Socket {
  constructor(port, path, { answersPings = true } = {}) {
    this.messages = [];
    this.waiting = [];
    this.ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
    this.ws.binaryType = 'nodebuffer';
    this.opened = new Promise((done, fail) => { this.ws.once('open', done); this.ws.once('error', fail); });
    this.opened.catch(() => {});
    this.closed = new Promise((done) => this.ws.once('close', (code) => done(code)));
    this.closed.then(() => this.waiting.splice(0).forEach((give) => give(null)));
    this.ws.on('error', () => {});
    this.ws.on('message', (bytes, isBinary) => {
      const message = isBinary ? bytes : bytes.toString();
      if (message === '2' && answersPings) return void this.ws.send('3');
      const give = this.waiting.shift();
      give ? give(message) : this.messages.push(message);
    });
  }

  /** A new session, its open packet taken into `handshake`. */
  static async open(port, path = '/socket.io/', options = {}) {
    const socket = new Socket(port, `${path}?EIO=4&transport=websocket`, options);
    await socket.opened;
    const first = await socket.next();
    socket.handshake = JSON.parse(first.slice(1));
    return socket;
  }

  /** A WebSocket for the polling session `polling`. */
  static async upgrade(polling, options) {
    const path = polling.path.replace('transport=polling', 'transport=websocket');
    const socket = new Socket(polling.port, path, options);
    await socket.opened;
    return socket;
  }

  /** A session that has joined `/`; the CONNECT reply and the `auth` event are taken. */
  static async joined(port) {
    const socket = await Socket.open(port);
    socket.send('40');
    await socket.next();
    await socket.next();
    return socket;
  }

  send(...messages) {
    for (const message of messages) this.ws.send(message);
  }

  /** The next message; null when the connection ended first. */
  next() {
    if (this.messages.length > 0) return Promise.resolve(this.messages.shift());
    if (this.ws.readyState >= WebSocket.CLOSING) return Promise.resolve(null);
    return new Promise((done) => this.waiting.push(done));
  }

  end() {
    this.ws.terminate();
  }
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
