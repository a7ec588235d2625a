/** A device: an official Socket.IO client that keeps every event it gets, in order. */
import { io } from 'socket.io-client';

import { deferred, within } from './wait.js';

const open = new Set();

export class Device {
  /**
   * Does not connect yet. `who` is a person or a token (undefined: no token at all).
   * @param options {transports, upgrade, acks, confirm, reconnect, auth, ioOptions}
   *   acks: announce `auth.acks:true`; confirm: answer the acknowledgements that events ask for (default).
   */
  constructor(server, who, options = {}) {
    this.events = [];
    this.waiting = new Set();
    this.drops = [];
    this.refusals = [];
    this.confirm = options.confirm ?? true;
    this.token = typeof who === 'object' ? who.token : who;
    this.socket = io(server.url, {
      transports: options.transports ?? ['websocket'],
      upgrade: options.upgrade ?? true,
      forceNew: true,
      autoConnect: false,
      reconnection: options.reconnect ?? false,
      reconnectionDelay: 50,
      reconnectionDelayMax: 300,
      timeout: 5000,
      auth: (give) => give(options.auth ?? this.credentials(options)),
      ...options.ioOptions,
    });
    this.listen();
    open.add(this);
  }

  /** A connected device. */
  static async connect(server, who, options) {
    const device = new Device(server, who, options);
    await device.connect();
    return device;
  }

  credentials({ acks }) {
    return { ...(this.token !== undefined && { token: this.token }), ...(acks && { acks: true }) };
  }

  listen() {
    this.socket.on('connect', () => this.record('connect', []));
    this.socket.on('disconnect', (reason) => {
      this.drops.push(reason);
      this.record('disconnect', [reason]);
    });
    this.socket.on('connect_error', (error) => {
      this.refusals.push(error);
      this.record('connect_error', [error]);
    });
    this.socket.onAny((name, ...args) => {
      const confirm = typeof args.at(-1) === 'function' ? args.pop() : undefined;
      this.record(name, args, confirm);
      if (confirm && this.confirm) confirm();
    });
  }

  record(name, args, confirm) {
    const entry = { name, args, body: args[0], confirm, at: Date.now(), taken: false };
    this.events.push(entry);
    for (const waiter of this.waiting) waiter();
  }

  /** Connects; throws the connect error if it is refused. */
  async connect(ms = 5000) {
    const done = deferred();
    this.socket.once('connect', () => done.resolve());
    this.socket.once('connect_error', (error) => done.reject(error));
    this.socket.connect();
    await within(ms, 'connect', done.promise);
  }

  /**
   * The oldest event of that name that was not taken before and fits `where`; its first argument.
   * Waits up to `ms`.
   */
  async next(name, { where = () => true, ms = 5000 } = {}) {
    return (await this.nextEntry(name, { where, ms })).body;
  }

  async nextEntry(name, { where = () => true, ms = 5000 } = {}) {
    const find = () => this.events.find((entry) => !entry.taken && entry.name === name && where(entry.body));
    const found = find() ?? (await this.wait(find, ms, () => `event ${name}; got ${this.summary()}`));
    found.taken = true;
    return found;
  }

  /** Waits until `check()` gives something; it is asked again after every event. */
  async wait(check, ms, what) {
    const now = check();
    if (now) return now;
    const done = deferred();
    const waiter = () => {
      const value = check();
      if (value) done.resolve(value);
    };
    this.waiting.add(waiter);
    try {
      return await within(ms, what, done.promise);
    } finally {
      this.waiting.delete(waiter);
    }
  }

  /** First arguments of all events of that name so far, taken or not. */
  all(name, where = () => true) {
    return this.events.filter((entry) => entry.name === name && where(entry.body)).map((entry) => entry.body);
  }

  summary() {
    return this.events.map((entry) => entry.name).slice(-30).join(' ') || 'nothing';
  }

  emit(name, ...args) {
    this.socket.emit(name, ...args);
  }

  /** Emits with an acknowledgement; gives its first argument. */
  ask(name, ...args) {
    const done = deferred();
    this.socket.emit(name, ...args, (answer) => done.resolve(answer));
    return within(5000, () => `acknowledgement of ${name}`, done.promise);
  }

  /** send_message with an acknowledgement; throws if it was refused, gives the stored message. */
  async send(receiver, content, clientId) {
    const draft = { receiverId: receiver.id, content, ...(clientId && { clientId }) };
    const answer = await this.ask('send_message', draft);
    if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer)}`);
    return answer.message;
  }

  /** Sends them all, many under way at a time; gives the stored messages. */
  async sendMany(receiver, contents, together = 250) {
    const messages = [];
    for (let start = 0; start < contents.length; start += together) {
      const part = contents.slice(start, start + together);
      messages.push(...(await Promise.all(part.map((content) => this.send(receiver, content)))));
    }
    return messages;
  }

  /**
   * Returns when the server has answered a question asked now. What it had sent to this device before has then
   * arrived, so the absence of an event means something. Where two shards take part, wait for a witness first.
   */
  async barrier() {
    const answer = await this.ask('sync', { limit: 1 });
    if (!answer.ok) throw new Error(`sync refused: ${JSON.stringify(answer)}`);
  }

  /** All pages of sync since a cursor; gives {messages, receipts, conversations, cursor, pages}. */
  async sync(since, limit) {
    const all = { messages: [], receipts: [], conversations: [], cursor: since, pages: 0 };
    for (;;) {
      const request = { ...(all.cursor !== undefined && { since: all.cursor }), ...(limit && { limit }) };
      const page = await this.ask('sync', request);
      if (!page.ok) throw new Error(`sync refused: ${JSON.stringify(page)}`);
      for (const part of ['messages', 'receipts', 'conversations']) all[part].push(...page[part]);
      Object.assign(all, { cursor: page.cursor, pages: all.pages + 1 });
      if (!page.hasMore) return all;
    }
  }

  get transport() {
    return this.socket.io.engine.transport.name;
  }

  close() {
    open.delete(this);
    this.socket.disconnect();
  }

  /** Cuts the connection as a broken network would: no packet is sent. */
  async cut() {
    const engine = this.socket.io.engine;
    const gone = deferred();
    this.socket.once('disconnect', gone.resolve);
    engine.transport.ws?.terminate?.();
    if (!engine.transport.ws) engine.close();
    await within(5000, 'the disconnect', gone.promise);
  }
}

/** Closes every device that a test left open. For `afterEach` hooks. */
export function closeDevices() {
  for (const device of [...open]) device.close();
}
