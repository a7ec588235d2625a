/** One member of the crowd: an official client that comes back by itself, and remembers all it was told. */
import { io } from 'socket.io-client';

import { pause, until } from '../lib/wait.js';
import { now } from './record.js';

const isForNow = (answer) => ['unavailable', 'timeout', 'overloaded'].includes(answer.error.code);

export class Member {
  /**
   * @param record the History that all members write to
   * @param options {acks, transports, patient, window}; patient: what is refused for now is sent again a moment later;
   *   window: the most that is under way
   */
  constructor(server, person, record, random, { acks = false, transports = ['websocket'], patient = false, window = 12 } = {}) {
    Object.assign(this, { server, person, record, random, acks, patient, window });
    this.id = person.id;
    this.connection = 0;
    this.pending = [];
    this.socket = io(server.url, {
      transports, forceNew: true, autoConnect: false, reconnection: true, reconnectionDelay: 30,
      reconnectionDelayMax: 150, timeout: 3000, auth: { token: person.token, ...(acks && { acks: true }) },
    });
    this.listen();
  }

  get name() {
    return `${this.id}#${this.connection}`;
  }

  start(peers, rate) {
    this.peers = peers;
    this.socket.connect();
    this.timer = setInterval(() => this.produce(rate), 1000 / rate);
  }

  /** No new messages; what is under way is repeated until it is acknowledged. */
  quiet() {
    clearInterval(this.timer);
  }

  close() {
    this.quiet();
    this.socket.disconnect();
  }

  listen() {
    this.socket.on('connect', () => {
      this.connection += 1;
      this.syncing = false;
      for (const send of this.pending) this.emit(send);
      this.sync();
    });
    this.socket.on('receive_message', (message, confirm) => this.received(message, confirm));
    this.socket.on('conversation_updated', ({ lastMessage }) => this.record.pushed(this, 'conversation_updated', lastMessage._id, lastMessage.status));
    this.socket.on('message_delivered', ({ messageId }) => this.record.pushed(this, 'message_delivered', messageId, 'delivered'));
    this.socket.on('message_read', ({ messageId, conversationId, seq, readerId }) => {
      this.record.pushed(this, 'message_read', messageId, 'read');
      this.record.wasRead(readerId, conversationId, seq);
    });
  }

  produce() {
    if (!this.socket.connected || this.pending.length >= this.window) return;
    const send = this.record.newSend(this.id, this.random.pick(this.peers).id);
    this.pending.push(send);
    this.emit(send);
    if (this.random.chance(0.05)) this.sync();
  }

  emit(send) {
    const from = now();
    const { receiver, content, clientId } = send;
    this.socket.emit('send_message', { receiverId: receiver, content, clientId }, (answer) => {
      if (!answer.ok) return void this.refused(send, answer);
      this.record.acknowledged(this, send, answer.message, from);
      this.pending = this.pending.filter((each) => each !== send);
    });
  }

  refused(send, answer) {
    if (!this.patient || !isForNow(answer)) return void this.record.refused.push({ send, answer });
    send.wasRefused = true;  // It may be stored all the same; so nobody knows its place among the others.
    const { connection } = this;
    setTimeout(() => this.connection === connection && this.pending.includes(send) && this.emit(send), 300);
  }

  received(message, confirm) {
    this.record.pushed(this, 'receive_message', message._id, message.status);
    if (message.receiver !== this.id) return;
    this.record.arrived(this, 'push', message);
    if (confirm) confirm();
    if (this.random.chance(0.2)) this.read(message);
  }

  read({ _id, conversationId, seq }) {
    this.socket.emit('message_read', { messageId: _id }, (answer) => {
      if (answer.ok) this.record.wasRead(this.id, conversationId, seq);
    });
  }

  /** Catches up from the last cursor; a page whose answer got lost is asked for again. */
  sync() {
    if (this.syncing) return;
    this.syncing = true;
    const from = now();
    const { connection, cursor } = this;
    this.socket.emit('sync', { ...(cursor && { since: cursor }), limit: 50 }, (page) => {
      if (connection !== this.connection) return;
      this.syncing = false;
      if (!page.ok && this.patient && isForNow(page)) return;
      if (!page.ok) return void this.record.refused.push({ sync: cursor, answer: page });
      this.synced(page, from);
      if (page.hasMore) this.sync();
      else this.syncedAt = from;
    });
  }

  synced(page, from) {
    this.cursor = page.cursor;
    this.record.cursorOf(this.id, page.cursor);
    for (const message of page.messages) {
      this.record.answered(this, message._id, message.status, from);
      if (message.receiver === this.id) this.record.arrived(this, 'sync', message);
    }
  }

  /** Nothing is under way any more. */
  async settled(ms) {
    await until(() => this.socket.connected && this.pending.length === 0, {
      what: () => `${this.pending.length} acknowledgements of ${this.name}, connected ${this.socket.connected}`, ms,
    });
  }

  /** A sync that was asked for from now on has been answered to its end. */
  async caughtUp(ms) {
    const began = now();
    await until(() => {
      if (this.syncedAt >= began) return true;
      if (this.socket.connected) this.sync();
      return false;
    }, { what: `sync of ${this.name}`, ms });
  }
}

/** Sends over REST, one message at a time with a pause between, each again until it is answered; `padding` makes them long. */
export class RestSender {
  constructor(server, person, record, { between = 0, padding } = {}) {
    Object.assign(this, { server, person, record, between, padding, id: person.id, name: `${person.id}#rest`, isQuiet: false });
  }

  start(peers) {
    this.isQuiet = false;
    this.work = this.run(peers);
    this.work.catch(() => {});  // Whoever awaits quiet() hears of it.
  }

  quiet() {
    this.isQuiet = true;
    return this.work;
  }

  /** Lets go of a message that nobody will answer: the test is over. */
  abandon() {
    this.isQuiet = true;
    this.isAbandoned = true;
  }

  async run(peers) {
    for (let index = 0; !this.isQuiet; index += 1) {
      const send = this.record.newSend(this.id, peers[index % peers.length].id, this.padding);
      await until(() => this.isAbandoned || this.attempt(send), { what: `REST ${send.clientId}`, ms: 120_000, every: 20 });
      if (this.between > 0) await pause(this.between);
    }
  }

  async attempt({ receiver, content, clientId }) {
    const from = now();
    const answer = await this.person.rest.post('/api/messages', { receiverId: receiver, content, clientId });
    if (answer.status >= 500) return false;
    const send = this.record.sendOf(this.id, clientId);
    if (answer.status !== 201 && answer.status !== 200) this.record.refused.push({ send, answer: answer.body });
    else this.record.acknowledged(this, send, answer.body.message, from);
    return true;
  }
}
