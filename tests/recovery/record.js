/** What a crowd saw, in the form that `checker.js` reads. */

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

  newSend(sender, receiver) {
    const order = this.sends.length;
    const send = { sender, receiver, clientId: `k${order}`, content: `message ${order} ${'·'.repeat(order % 200)}`, order, acks: [] };
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
    this.answered(member, message._id, message.status, from);
  }

  arrived(member, by, message) {
    this.arrivals.get(member.id).push({ connection: member.connection, by, message });
  }

  pushed(member, event, messageId, status) {
    this.statuses.push({ event, messageId, status, observer: member.id, connection: member.name, at: Date.now() });
  }

  answered(member, messageId, status, from) {
    this.statuses.push({ messageId, status, observer: member.id, connection: member.name, from, at: Date.now() });
  }

  cursorOf(user, cursor) {
    if (!this.cursors.has(user)) this.cursors.set(user, []);
    this.cursors.get(user).push(cursor);
  }
}
