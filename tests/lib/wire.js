/** Bytes on a TCP connection: for what no well-behaved client does, and for clients that must cost little. */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { deferred, within } from './wait.js';

/** A TCP connection that keeps what arrives. */
export class Wire {
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.ended = deferred();
    this.waiting = new Set();
    socket.on('data', (bytes) => this.keep(bytes));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.ended.resolve();
      this.wake();
    });
  }

  /** `tls`: options of node:tls; without it the connection is plain. */
  static async connect(port, { reading = true, tls } = {}) {
    const place = { port, host: '127.0.0.1' };
    const socket = tls ? connectTls({ ...place, ...tls }) : connect(place);
    const done = deferred();
    socket.once(tls ? 'secureConnect' : 'connect', done.resolve);
    socket.once('error', done.reject);
    await within(10_000, 'TCP connect', done.promise);
    socket.removeListener('error', done.reject);
    socket.setNoDelay(true);
    if (!reading) return Wire.unread(socket);
    return new Wire(socket);
  }

  /** Never reads a byte: no 'data' listener, so nothing is taken from the kernel. */
  static unread(socket) {
    const wire = Object.create(Wire.prototype);
    Object.assign(wire, { socket, received: Buffer.alloc(0), ended: deferred(), waiting: new Set() });
    socket.on('error', () => {});
    socket.on('close', () => {
      wire.isClosed = true;
      wire.ended.resolve();
    });
    return wire;
  }

  keep(bytes) {
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    this.wake();
  }

  wake() {
    for (const waiter of this.waiting) waiter();
  }

  write(bytes) {
    this.socket.write(bytes);
  }

  text() {
    return this.received.toString('latin1');
  }

  /** Waits until `check(wire)` gives something. */
  async wait(check, ms, what) {
    const first = check(this);
    if (first) return first;
    const done = deferred();
    const waiter = () => {
      const value = check(this);
      if (value) done.resolve(value);
    };
    this.waiting.add(waiter);
    try {
      return await within(ms, () => `${what}; got ${JSON.stringify(this.text().slice(-300))}`, done.promise);
    } finally {
      this.waiting.delete(waiter);
    }
  }

  /** Waits for the peer to end the connection. */
  closed(ms = 5000) {
    return within(ms, 'end of the connection', this.ended.promise);
  }

  /** Takes one whole HTTP answer from what arrived; waits for it. HEAD answers have no body: say so. */
  async answer({ ms = 5000, head = false } = {}) {
    const found = await this.wait((wire) => parseAnswer(wire.received, head), ms, 'an HTTP answer');
    this.received = this.received.subarray(found.length);
    return found;
  }

  destroy() {
    this.socket.destroy();
  }
}

/** {status, headers, body, length} of the first answer in `bytes`, or null while it is not complete. */
export function parseAnswer(bytes, head = false) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [line, ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(fields.map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  }));
  const status = Number(line.split(' ')[1]);
  const bodiless = head || status < 200 || status === 204 || status === 304;
  const size = bodiless ? 0 : Number(headers.get('content-length') ?? 0);
  if (bytes.length < end + 4 + size) return null;
  const body = bytes.subarray(end + 4, end + 4 + size).toString();
  return { status, line, headers, body, length: end + 4 + size };
}

/** A WebSocket frame as a client sends it. The mask is zero unless asked otherwise: legal, and free. */
export function frame(payload, { opcode = 1, fin = true, masked = true, length, mask = Buffer.alloc(4) } = {}) {
  const data = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
  const size = length ?? data.length;
  const head = [(fin ? 0x80 : 0) | opcode];
  const bit = masked ? 0x80 : 0;
  if (size < 126) head.push(bit | size);
  else if (size < 65_536) head.push(bit | 126, size >> 8, size & 255);
  else head.push(bit | 127, ...bigEndian(size));
  return Buffer.concat([Buffer.from(head), masked ? mask : Buffer.alloc(0), data]);
}

function bigEndian(size) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  return bytes;
}

/** The first frame a server sent, {opcode, fin, payload, length}, or null while it is not complete. */
export function parseFrame(bytes, offset = 0) {
  if (bytes.length < offset + 2) return null;
  let size = bytes[offset + 1] & 127;
  let start = offset + 2;
  if (size === 126) {
    if (bytes.length < offset + 4) return null;
    size = bytes.readUInt16BE(offset + 2);
    start = offset + 4;
  } else if (size === 127) {
    if (bytes.length < offset + 10) return null;
    size = Number(bytes.readBigUInt64BE(offset + 2));
    start = offset + 10;
  }
  if (bytes.length < start + size) return null;
  const payload = bytes.subarray(start, start + size);
  return { opcode: bytes[offset] & 15, fin: (bytes[offset] & 128) !== 0, payload, length: start + size - offset };
}

export function upgradeRequest(path = '/socket.io/?EIO=4&transport=websocket') {
  const key = randomBytes(16).toString('base64');
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
}

/** A WebSocket on a Wire, no more than frames: whoever uses it decides what is legal. */
export async function openWebSocket(port, options) {
  const wire = await Wire.connect(port, options);
  wire.write(upgradeRequest());
  const answer = await wire.answer();
  if (answer.status !== 101) throw new Error(`no upgrade: ${answer.line} ${answer.body}`);
  return wire;
}

/** Waits until the server has ended the WebSocket: by a close frame, or by ending the connection. */
export function webSocketOver(wire, ms = 5000) {
  return wire.wait((w) => w.isClosed || hasCloseFrame(w.received), ms, 'the end of the WebSocket');
}

function hasCloseFrame(bytes) {
  for (let offset = 0; ; ) {
    const found = parseFrame(bytes, offset);
    if (!found) return false;
    if (found.opcode === 8) return true;
    offset += found.length;
  }
}

/** Takes the next frame; waits for it. */
export async function nextFrame(wire, ms = 5000) {
  const found = await wire.wait((w) => parseFrame(w.received), ms, 'a frame');
  wire.received = wire.received.subarray(found.length);
  return { ...found, text: found.payload.toString() };
}
