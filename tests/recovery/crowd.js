/** What a crowd does beside writing to each other, and what it asks in the end; for tests that kill servers. */
import assert from 'node:assert/strict';

import { conversationList, history, people } from '../lib/people.js';
import { accessToken } from '../lib/tokens.js';
import { pause, until } from '../lib/wait.js';
import { Member, RestSender } from './member.js';
import { randomFrom } from './random.js';
import { now } from './record.js';

const messagesPerSecond = 100;  // Of each member.

const kinds = [
  { acks: true }, { acks: true, transports: ['polling', 'websocket'] }, { acks: false }, { acks: false, transports: ['polling'] },
  { acks: false, transports: ['polling', 'websocket'] }, { acks: true },
];

/**
 * {persons, members, rest}: members of all kinds and the last of the persons, who sends over REST; nobody writes yet.
 * @param options as members take them, and `tokenOf`, which gives a person's token, good for long
 */
export async function gather(server, record, seed, { tokenOf = (person) => accessToken(person.id, '1d'), ...options } = {}) {
  const persons = await people(server, ...kinds.map(() => 'crowd'), 'rest');
  for (const person of persons) person.token = person.rest.token = await tokenOf(person);
  const members = kinds.map((kind, index) => new Member(server, persons[index], record, randomFrom(seed + 1 + index), { ...options, ...kind }));
  members.forEach((member) => record.addReceiver(member));
  return { persons, members, rest: new RestSender(server, persons.at(-1), record) };
}

/** Everybody writes, until told to be quiet. */
export function write({ persons, members, rest }) {
  members.forEach((member) => member.start(persons.filter((other) => other.id !== member.id && other !== persons.at(-1)), messagesPerSecond));
  rest.start(persons.slice(0, 3));
}

/** Questions about the state while it changes, for the status rule. */
export async function peek(record, persons, random, stopped, every = 40) {
  while (!stopped()) {
    const who = random.pick(persons);
    const from = now();
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
