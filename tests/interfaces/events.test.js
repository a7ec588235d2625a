// Every event of docs/asyncapi.yaml, in both directions, with each of its answers.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { unknownId } from '../lib/shapes.js';
import { accessToken, expiredToken } from '../lib/tokens.js';
import { Description, textOf } from './description.js';

const description = new Description('docs/asyncapi.yaml');
/** What an operation says: {event, payload, answer}: the event's name, and pointers. */
const operations = new Map(Object.entries(description.document.operations).map(([id, { action, messages, reply }]) => {
  const [pointer, message] = description.at(messages[0].$ref);
  const answer = reply && description.at(reply.messages[0].$ref)[0];
  return [id, { id, action, event: message.name, payload: `${pointer}/payload`, answer: answer && `${answer}/payload` }];
}));
const received = new Map([...operations.values()].filter(({ action }) => action === 'send').map((each) => [each.event, each]));
/** `operation`, and `operation true` or `operation false` of what was answered. */
const seen = new Set();
/** What was wrong with events, which nobody waits for. */
const problems = [];

/** A device that compares all that it hears with the document. */
class Witness extends Device {
  static async connect(...options) {
    const device = new Witness(...options);
    await device.connect();
    return device;
  }

  record(name, args, confirm) {
    try {
      if (name !== 'disconnect' && name !== 'connect') this.compare(name, args, confirm);
    } catch (error) {
      problems.push(error);
    }
    super.record(name, args, confirm);
  }

  compare(name, args, confirm) {
    if (name === 'connect_error') return seeAnswer('connect', { message: args[0].message });
    const operation = received.get(name);
    assert.ok(operation, `the event ${name} is not in the document`);
    assert.equal(args.length, 1, `${name} has one argument`);
    description.check(operation.payload, args[0], name);
    if (confirm) assert.ok(operation.answer, `${name} asks for an acknowledgement`);
    seen.add(operation.id);
    if (confirm) seen.add(`${operation.id} confirmed`);
  }

  /** Emits what the document names so, and compares the acknowledgement; gives that. */
  async do(id, payload) {
    const { event, answer } = operations.get(id);
    const given = await this.ask(event, payload);
    if (given.ok) description.check(operations.get(id).payload, payload, `what ${id} sends`);
    description.check(answer, given, `the answer of ${id}`);
    seen.add(id);
    seen.add(`${id} ${given.ok}`);
    return given;
  }
}

function seeAnswer(id, value) {
  description.check(operations.get(id).answer, value, id);
  seen.add(`${id} ${value.message}`);
}

let server;
before(async () => {
  server = await Server.start();
});
afterEach(() => {
  closeDevices();
  assert.deepEqual(problems.splice(0).map(({ message }) => message), []);
});
after(() => server?.destroy());

describe('the document', () => {
  test('has the events that the server listens to', () => {
    const code = [...textOf('src/api/gateway.cpp').matchAll(/\bon\(events::(\w+)/g)].map(([, name]) => name);
    const documented = [...operations.values()].filter(({ id, action }) => action === 'receive' && id !== 'connect');
    assert.ok(code.length >= 6);
    assert.deepEqual(documented.map(({ event }) => event).sort(), code.sort());
  });

  test('has every name of an event, and no other', () => {
    const code = [...textOf('src/api/event_names.hpp').matchAll(/string_view (\w+) = "\1"/g)].map(([, name]) => name);
    const documented = new Set([...operations.values()].map(({ event }) => event));
    documented.delete('connect');
    assert.deepEqual([...documented].sort(), code.sort());
  });
});

test('connecting', async () => {
  const [ann] = await people(server, 'ann');
  const auth = { token: ann.token, acks: true };
  description.check(operations.get('connect').payload, auth, 'auth');
  await Witness.connect(server, ann, { auth });
  seen.add('connect');
  for (const token of [undefined, '', expiredToken(ann.id), 'x']) {
    await assert.rejects(Witness.connect(server, token));
  }
});

test('a message, its ticks and its conversation', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  await bob.rest.patch('/api/users/me', { name: 'Bob Example', avatar: 'https://example.org/bob.png' });
  const [sender, receiver] = [await Witness.connect(server, ann), await Witness.connect(server, bob, { acks: true })];
  const draft = { receiverId: bob.id, content: 'Hello', clientId: 'first' };
  const { message } = await sender.do('sendMessage', draft);
  await sender.do('sendMessage', draft);
  await sender.do('sendMessage', { ...draft, content: '' });
  for (const device of [sender, receiver]) {
    await device.next('receive_message');
    await device.next('conversation_updated');
  }
  await sender.next('message_sent');
  await sender.next('message_delivered');
  await receiver.do('readMessage', { messageId: message._id });
  await receiver.do('readMessage', { messageId: unknownId });
  await sender.next('message_read');
  await sender.do('sync', {});
  await receiver.do('sync', {});
});

test('catching up', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  await say(ann, bob, 'Hello', 'mine');
  const device = await Witness.connect(server, ann);
  const { cursor } = await device.do('sync', {});
  const page = await device.do('sync', { since: cursor, limit: 10 });
  assert.equal(page.hasMore, false);
  await device.do('sync', { since: 'x' });
});

test('typing', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  const [sender, receiver] = [await Witness.connect(server, ann), await Witness.connect(server, bob)];
  for (const [id, event] of [['startTyping', 'typing'], ['stopTyping', 'stop_typing']]) {
    await sender.do(id, { receiverId: bob.id });
    await receiver.next(event);
    await sender.do(id, { receiverId: 'x' });
  }
});

test('presence', async () => {
  const [ann, bob] = await people(server, 'ann', 'bob');
  await say(ann, bob, 'Hello');
  const watching = await Witness.connect(server, ann);
  const coming = await Witness.connect(server, bob);
  await watching.next('user_online');
  coming.close();
  await watching.next('user_offline');
});

test('a fresh token', async () => {
  const [ann] = await people(server, 'ann');
  const device = await Witness.connect(server, ann);
  await device.do('refreshAuth', { token: accessToken(ann.id) });
  await device.do('refreshAuth', { token: 'x' });
});

test('refusals without an acknowledgement', async () => {
  const [ann] = await people(server, 'ann');
  const device = await Witness.connect(server, ann);
  device.emit('send_message', { receiverId: unknownId, content: 'Hello', clientId: 'refused' });
  await device.next('message_error', { where: ({ clientId }) => clientId === 'refused' });
  device.emit('message_read', { messageId: unknownId });
  await device.next('message_error', { where: ({ messageId }) => messageId === unknownId });
  device.emit('send_message', 'no object');
  await device.next('message_error', { where: ({ error }) => error.errors?.length === 2 });
});

test('nothing that is documented was left out', () => {
  const wanted = ['connect', 'connect Token missing', 'connect Auth failed', 'receiveMessage confirmed'];
  const missing = [];
  for (const { id, action, answer, payload } of operations.values()) {
    wanted.push(id);
    if (action === 'receive' && id !== 'connect') wanted.push(`${id} true`, `${id} false`);
    if (id !== 'receiveMessage' && answer) missing.push(...description.unseen(answer));
    if (id !== 'connect') missing.push(...description.unseen(payload));
  }
  assert.deepEqual(wanted.filter((each) => !seen.has(each)), []);
  assert.deepEqual([...new Set(missing)], []);
});
