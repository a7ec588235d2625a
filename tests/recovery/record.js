/** What a crowd saw, in the form that `checker.js` reads. */

/** Milliseconds of CLOCK_MONOTONIC, which other programs on this machine see the same. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;

export class Record {
  constructor() {
    this.sends = [];
    this.byClientId = new Map();
    this.arrivals = new Map();
    this.pushOnly = new Set();
    this.statuses = [];
    this.reads = [];
    this.cursors = new Map();
    this.refused = [];
    this.acknowledgedCount = 0;
  }

  addReceiver(member) {
    this.arrivals.set(member.id, []);
    if (member.acks) this.pushOnly.add(member.id);
  }

  newSend(sender, receiver, padding) {
    const order = this.sends.length;
    const content = `message ${order} ${padding ?? '·'.repeat(order % 200)}`;
    const send = { sender, receiver, clientId: `k${order}`, content, order, at: now(), acks: [], ackedAt: [] };
    this.sends.push(send);
    this.byClientId.set(`${sender} ${send.clientId}`, send);
    return send;
  }

  sendOf(sender, clientId) {
    return this.byClientId.get(`${sender} ${clientId}`);
  }

  acknowledged(member, send, message, from) {
    if (send.acks.length === 0) this.acknowledgedCount += 1;
    send.acks.push(message);
    send.ackedAt.push(now());
    this.answered(member, message._id, message.status, from);
  }

  arrived(member, by, message) {
    this.arrivals.get(member.id).push({ connection: member.connection, by, message });
  }

  pushed(member, event, messageId, status) {
    this.statuses.push({ event, messageId, status, observer: member.id, connection: member.name, at: now() });
  }

  answered(member, messageId, status, from) {
    this.statuses.push({ messageId, status, observer: member.id, connection: member.name, from, at: now() });
  }

  wasRead(reader, conversationId, seq) {
    this.reads.push({ reader, conversationId, seq, at: now() });
  }

  cursorOf(user, cursor) {
    if (!this.cursors.has(user)) this.cursors.set(user, []);
    this.cursors.get(user).push(cursor);
  }
  /** The part of a history that was known at a moment, without what came for whom. */
  upTo(moment) {
    const known = (list) => list.filter(({ at }) => at <= moment);
    const sends = known(this.sends).map((send) => ({ ...send, acks: send.acks.filter((_, index) => send.ackedAt[index] <= moment) }));
    return { sends, statuses: known(this.statuses), reads: known(this.reads), arrivals: new Map(), pushOnly: new Set(), cursors: new Map() };
  }
}
