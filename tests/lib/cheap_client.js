/** A Socket.IO client over a bare WebSocket, for load: answers pings, counts, and parses only what it is asked for. */
import { frame, openWebSocket, parseFrame } from './wire.js';
import { deferred, within } from './wait.js';

const pong = frame('3');

export class CheapClient {
  /** Connected to `/` as the owner of `token`. */
  static async connect(port, token, options) {
    const client = new CheapClient(await openWebSocket(port, options));
    client.wire.write(frame(`40${JSON.stringify({ token })}`));
    await within(20_000, 'CONNECT', client.joined.promise);
    return client;
  }

  constructor(wire) {
    this.wire = wire;
    this.joined = deferred();
    this.events = 0;
    this.acks = new Map();
    this.nextAck = 0;
    wire.socket.removeAllListeners('data');
    this.rest = wire.received;
    wire.received = Buffer.alloc(0);
    wire.socket.on('data', (bytes) => this.take(bytes));
    if (this.rest.length > 0) this.take(Buffer.alloc(0));
  }

  take(bytes) {
    let all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    let offset = 0;
    for (;;) {
      const found = parseFrame(all, offset);
      if (!found) break;
      offset += found.length;
      this.handle(found.payload);
    }
    this.rest = offset === all.length ? Buffer.alloc(0) : Buffer.from(all.subarray(offset));
  }

  handle(payload) {
    const [engine, packet] = [payload[0], payload[1]];
    if (engine === 0x32) return void this.wire.write(pong);
    if (engine !== 0x34) return;
    if (packet === 0x32) this.events += 1;
    else if (packet === 0x33) this.acknowledge(payload);
    else if (packet === 0x30) this.joined.resolve();
    else if (packet === 0x34) this.joined.reject(new Error(payload.toString()));
  }

  acknowledge(payload) {
    const bracket = payload.indexOf(0x5b);
    const id = Number(payload.toString('latin1', 2, bracket));
    const done = this.acks.get(id);
    this.acks.delete(id);
    done?.(payload, bracket);
  }

  /** Sends an event whose JSON argument is given as text; `done(payload, start)` gets the raw acknowledgement. */
  ask(name, json, done) {
    const id = this.nextAck++;
    this.acks.set(id, done);
    this.wire.write(frame(`42${id}["${name}",${json}]`));
  }

  close() {
    this.wire.destroy();
  }
}
