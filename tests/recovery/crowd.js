/** What a crowd does beside writing to each other, and what it asks in the end; for tests that kill servers. */
import assert from 'node:assert/strict';

import { conversationList, history } from '../lib/people.js';
import { pause, until } from '../lib/wait.js';

/** Questions about the state while it changes, for the status rule. */
export async function peek(record, persons, random, stopped, every = 40) {
  while (!stopped()) {
    const who = random.pick(persons);
    const from = Date.now();
    try {
      const [entry] = (await who.rest.get('/api/conversations?limit=1')).body.conversations;
      const { messages } = (await who.rest.get(`/api/conversations/${entry.conversationId}/messages?limit=50`)).body;
      for (const message of messages) record.answered({ id: who.id, name: `${who.id}#peek` }, message._id, message.status, from);
    } catch {
      // The server is down: that is the point.
    }
    await pause(every);
  }
}

/** Asks again for some messages that were acknowledged long ago: each must give the first one. */
export function repeatSome(members, record, random) {
  for (const member of members) {
    const old = record.sends.filter((send) => send.sender === member.id && send.acks.length > 0);
    for (let count = 0; count < 10; count += 1) {
      const send = random.pick(old);
      member.pending.push(send);
      member.emit(send);
    }
  }
}

export async function readBack(persons) {
  const stored = new Map();
  const unread = new Map();
  for (const who of persons) {
    const list = await conversationList(who);
    unread.set(who.id, new Map(list.map((entry) => [entry.conversationId, entry.unreadCount])));
    for (const { conversationId, lastMessage } of list) {
      const messages = await history(who, conversationId);
      assert.equal(messages.at(-1)._id, lastMessage._id, 'the list shows the last message');
      stored.set(conversationId, merge(stored.get(conversationId), messages));
    }
  }
  return { stored, unread };
}

/** Both participants see the same messages; each knows its own clientIds. */
function merge(known, messages) {
  if (!known) return messages;
  const bare = (list) => list.map(({ clientId, ...rest }) => rest);
  assert.deepEqual(bare(messages), bare(known), 'both participants see the same conversation');
  return known.map((message, index) => ({ ...message, clientId: message.clientId ?? messages[index].clientId }));
}

/** Devices that confirm get everything by pushes alone; waits for the last of them. What is missing then, the checker says. */
export async function allPushed(members, record, ms) {
  for (const member of members) {
    if (!member.acks) continue;
    const expected = new Set(record.sends.filter((send) => send.receiver === member.id).map((send) => send.acks[0]._id));
    const missing = () => {
      const got = new Set(record.arrivals.get(member.id).filter((entry) => entry.by === 'push').map((entry) => entry.message._id));
      return [...expected].filter((id) => !got.has(id));
    };
    await until(() => missing().length === 0, { what: 'pushes', ms, every: 100 }).catch(() => {});
  }
}
