/**
 * Checks what a crowd of clients saw of a chat server against what it promises. Knows no network.
 *
 * A history is
 *   sends:    [{sender, receiver, clientId, content, order, acks: [message]}]; `order` counts up per sender and
 *             receiver as the client sent; `acks` holds every acknowledgement, those of repetitions too
 *   stored:   Map conversationId → [message], as the server shows it in the end, oldest first
 *   arrivals: Map userId → [{connection, by: 'push'|'sync', message}], what came for a receiver, in order of arrival
 *   pushOnly: Set of userIds whose devices confirm, so that pushes alone must bring everything
 *   statuses: [{messageId, status, observer, connection, from, at, event}]; `from` is when the question was asked (requests
 *             only; pushed news have none), `at` when the answer was there, `event` the name of what was pushed
 *   reads:    [{reader, conversationId, seq}], reads that the server has told somebody about
 *   unread:   Map userId → Map conversationId → count, as the list shows it in the end
 *   cursors:  Map userId → [text], what sync gave, in order
 */

const rank = { sent: 0, delivered: 1, read: 2 };

/** What is wrong, as sentences by kind; every list empty when all promises were kept. */
export function check(history) {
  return {
    lost: lost(history),
    duplicated: duplicated(history),
    altered: altered(history),
    gaps: gaps(history),
    reordered: reordered(history),
    undelivered: undelivered(history),
    disordered: disordered(history),
    backwards: backwards(history),
    unread: unreadWrong(history),
    cursors: cursorsBackwards(history),
  };
}

/** All problems in one list, for a message. */
export function problems(findings) {
  return Object.entries(findings).flatMap(([kind, list]) => list.map((text) => `${kind}: ${text}`));
}

const allStored = (history) => [...history.stored.values()].flat();

function byId(history) {
  return new Map(allStored(history).map((message) => [message._id, message]));
}

const name = (send) => `${send.sender} → ${send.receiver} ${send.clientId}`;

/** Every acknowledged message is stored, and every one that anybody was shown. */
function lost({ sends, stored, statuses }) {
  const known = byId({ stored });
  const found = [];
  for (const send of sends) {
    for (const ack of send.acks) if (!known.has(ack._id)) found.push(`${name(send)} was acknowledged as ${ack._id} and is gone`);
  }
  const shown = new Map(statuses.map((each) => [each.messageId, each]));
  for (const [id, { observer, event }] of shown) if (!known.has(id)) found.push(`${id} was shown to ${observer} by ${event ?? 'an answer'} and is gone`);
  return found;
}

/** No message is stored twice, and repetitions got the first one back. */
function duplicated({ sends, stored }) {
  const found = [];
  const seen = new Map();
  for (const message of allStored({ stored })) {
    for (const key of [`id ${message._id}`, message.clientId && `${message.sender} ${message.clientId}`]) {
      if (!key) continue;
      if (seen.has(key)) found.push(`${key} is stored as seq ${seen.get(key)} and ${message.seq}`);
      seen.set(key, message.seq);
    }
  }
  for (const send of sends) {
    const ids = new Set(send.acks.map((ack) => `${ack._id} seq ${ack.seq}`));
    if (ids.size > 1) found.push(`${name(send)} was acknowledged as ${[...ids].join(' and ')}`);
  }
  return found;
}

/** What is stored is what was sent, to whom it was sent, at the place that was acknowledged. */
function altered({ sends, stored }) {
  const known = byId({ stored });
  const sent = new Map(sends.map((send) => [`${send.sender} ${send.clientId}`, send]));
  const found = [];
  for (const send of sends) {
    for (const ack of send.acks) {
      const message = known.get(ack._id);
      if (message && (message.seq !== ack.seq || message.conversationId !== ack.conversationId || message.createdAt !== ack.createdAt)) {
        found.push(`${name(send)} was acknowledged at seq ${ack.seq} and is at ${message.seq}`);
      }
    }
  }
  for (const message of allStored({ stored })) {
    const send = sent.get(`${message.sender} ${message.clientId}`);
    if (!send) found.push(`${message._id} was sent by nobody`);
    else if (send.content !== message.content || send.receiver !== message.receiver) found.push(`${name(send)} is stored with another content or receiver`);
  }
  return found;
}

/** A conversation's seq is 1, 2, 3, … and its times do not go back. */
function gaps({ stored }) {
  const found = [];
  for (const [conversation, messages] of stored) {
    messages.forEach((message, index) => {
      if (message.seq !== index + 1) found.push(`${conversation} has seq ${message.seq} at place ${index + 1}`);
      if (index > 0 && message.createdAt < messages[index - 1].createdAt) found.push(`${conversation} seq ${message.seq} is older than the one before`);
    });
  }
  return found;
}

/** One sender's acknowledged messages to one receiver are in the order sent. */
function reordered({ sends, stored }) {
  const known = byId({ stored });
  const last = new Map();
  const found = [];
  for (const send of [...sends].sort((a, b) => a.order - b.order)) {
    const message = send.acks.length > 0 && known.get(send.acks[0]._id);
    if (!message) continue;
    const pair = `${send.sender} → ${send.receiver}`;
    const before = last.get(pair);
    if (before && before.seq > message.seq) found.push(`${name(send)} (seq ${message.seq}) was sent after seq ${before.seq}`);
    last.set(pair, message);
  }
  return found;
}

/** Every receiver got every message, by a push or by sync. */
function undelivered({ stored, arrivals, pushOnly }) {
  const found = [];
  for (const [user, list] of arrivals) {
    const counts = pushOnly.has(user) ? list.filter((entry) => entry.by === 'push') : list;
    const got = new Set(counts.map((entry) => entry.message._id));
    for (const message of allStored({ stored })) {
      if (message.receiver === user && !got.has(message._id)) found.push(`${user} never got seq ${message.seq} of ${message.conversationId}`);
    }
  }
  return found;
}

/**
 * What arrives is in order: within one connection's pushes and within what sync gives, and for devices that confirm
 * even the first arrivals of all connections together, without a gap.
 */
function disordered(history) {
  const found = [];
  for (const [user, list] of history.arrivals) {
    const streams = new Map();
    for (const { connection, by, message } of list) {
      if (message.receiver !== user) continue;
      const stream = `${by === 'push' ? `push ${connection}` : 'sync'} ${message.conversationId}`;
      if ((streams.get(stream) ?? 0) >= message.seq) found.push(`${user} got seq ${message.seq} after ${streams.get(stream)} (${stream})`);
      streams.set(stream, message.seq);
    }
    if (history.pushOnly.has(user)) found.push(...firstArrivals(user, list, history.stored));
  }
  return found;
}

function firstArrivals(user, list, stored) {
  const mine = new Map();
  for (const [conversation, messages] of stored) mine.set(conversation, messages.filter((message) => message.receiver === user));
  const next = new Map();
  const seen = new Set();
  const found = [];
  for (const { by, message } of list) {
    if (by !== 'push' || message.receiver !== user || seen.has(message._id)) continue;
    seen.add(message._id);
    const place = next.get(message.conversationId) ?? 0;
    const expected = mine.get(message.conversationId)?.[place];
    if (expected && expected._id !== message._id) found.push(`${user} got seq ${message.seq} first, where ${expected.seq} was due`);
    next.set(message.conversationId, place + 1);
  }
  return found;
}

/**
 * A status never goes back: not within what one connection was pushed, and not in an answer to a question that was asked
 * after anybody had seen a later status. The stored messages are the last answer.
 */
function backwards({ statuses, stored }) {
  const found = [];
  const pushed = new Map();
  for (const { messageId, status, connection, from } of statuses) {
    if (from !== undefined) continue;
    const key = `${connection} ${messageId}`;
    if (rank[status] < (pushed.get(key) ?? 0)) found.push(`${messageId} was told as ${status} on ${connection} after a later status: ${story(statuses, messageId)}`);
    pushed.set(key, Math.max(rank[status], pushed.get(key) ?? 0));
  }
  found.push(...staleAnswers(statuses));
  const highest = new Map();
  for (const { messageId, status } of statuses) highest.set(messageId, Math.max(rank[status], highest.get(messageId) ?? 0));
  for (const message of allStored({ stored })) {
    if (rank[message.status] < (highest.get(message._id) ?? 0)) found.push(`${message._id} is ${message.status} in the end and was more before`);
  }
  return found;
}

/** Who saw what of a message, and after how many milliseconds. */
function story(statuses, messageId) {
  const seen = statuses.filter((each) => each.messageId === messageId);
  return seen.map(({ status, connection, event, from, at }) => `${Math.round(at - seen[0].at)} ms ${connection} ${event ?? (from === undefined ? 'push' : 'answer')} ${status}`).join(', ');
}

/** Answers that show less than somebody had seen before the question was asked. */
function staleAnswers(statuses) {
  const events = [];
  for (const each of statuses) {
    events.push({ time: each.at, kind: 0, each });
    if (each.from !== undefined) events.push({ time: each.from, kind: 1, each });
  }
  // What was seen at the very time at which a question was asked does not count as before it.
  events.sort((a, b) => a.time - b.time || b.kind - a.kind);
  const highest = new Map();
  const found = [];
  for (const { kind, each } of events) {
    const known = highest.get(each.messageId) ?? 0;
    if (kind === 0) highest.set(each.messageId, Math.max(known, rank[each.status]));
    else if (rank[each.status] < known) found.push(`${each.messageId} was answered as ${each.status} to ${each.observer} after a later status was seen`);
  }
  return found;
}

/** Unread is what others sent and the reader has not read; what was told as read is read. */
function unreadWrong({ stored, unread, reads }) {
  const found = [];
  for (const [user, conversations] of unread) {
    for (const [conversation, messages] of stored) {
      if (!messages.some((message) => message.sender === user || message.receiver === user)) continue;
      const expected = messages.filter((message) => message.receiver === user && message.status !== 'read').length;
      const shown = conversations.get(conversation);
      if (shown !== expected) found.push(`${user} is shown ${shown} unread in ${conversation}, ${expected} are`);
    }
  }
  for (const { reader, conversationId, seq } of reads) {
    const missed = (stored.get(conversationId) ?? []).find((message) => message.receiver === reader && message.seq <= seq && message.status !== 'read');
    if (missed) found.push(`${reader} has read up to seq ${seq} of ${conversationId}, and seq ${missed.seq} is ${missed.status}`);
  }
  return found;
}

/** sync's cursors grow, as far as they are numbers. */
function cursorsBackwards({ cursors }) {
  const found = [];
  for (const [user, list] of cursors) {
    for (let index = 1; index < list.length; index += 1) {
      const [before, after] = [list[index - 1], list[index]];
      if (/^\d+$/.test(before) && /^\d+$/.test(after) && BigInt(after) < BigInt(before)) found.push(`${user}'s cursor went from ${before} to ${after}`);
    }
  }
  return found;
}
