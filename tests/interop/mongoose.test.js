/** One database, two kinds of servers: what the original wrote Parley serves, and what Parley writes the original reads. */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import mongoose from 'mongoose';

import { Cluster } from '../lib/cluster.js';
import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, password, person, say, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { assertError, assertMessage, assertNoSecret } from '../lib/shapes.js';
import { accessToken } from '../lib/tokens.js';
import { until } from '../lib/wait.js';
import { Original } from './original.js';

const cluster = await Cluster.start({ nodes: 2 });
const skip = cluster.missing;
if (skip) console.log(`skipped: ${skip}`);

let original;
let redis;

before(async () => {
  if (skip) return;
  original = await Original.connect(cluster.database);
  redis = await cluster.redis.client();
});
after(async () => {
  await original?.close();
  await cluster.destroy();
});
afterEach(closeDevices);

/** Somebody whom the original registered, as the tests' people are. */
async function oldPerson(prefix = 'old') {
  const username = uniqueName(prefix);
  const email = `${username}@example.org`;
  const user = await original.register(username, email, password);
  const id = user._id.toString();
  const token = accessToken(id);
  return { id, username, email, password, token, _id: user._id, rest: new Rest(cluster.nodes[0].url, token) };
}

/** The same person, asking another node. */
const elsewhere = (who) => ({ ...who, rest: new Rest(cluster.nodes[1].url, who.token) });

const objectId = (who) => new mongoose.Types.ObjectId(who.id);
const texts = (messages) => messages.map((message) => message.content);
const unreadOf = async (who) => (await conversationList(who)).map((entry) => entry.unreadCount);

/** An old conversation: `counts` messages of ann to bob that were read, delivered and only sent, and answers of bob's. */
async function oldConversation({ read = 0, delivered = 0, sent = 0 }) {
  const [ann, bob] = [await oldPerson('ann'), await oldPerson('bob')];
  const written = [];
  for (let index = 0; index < read + delivered + sent; index += 1) {
    const message = await original.send(ann._id, bob._id, `old ${index}`);
    if (index < read + delivered) await original.deliver(message);
    if (index < read) await original.read(message);
    written.push(message);
  }
  return { ann, bob, written };
}

describe('what the original wrote', { skip }, () => {
  test('old users log in with their bcrypt hashes, and only with their passwords', async () => {
    const who = await oldPerson();
    const stored = await original.User.findById(who._id).lean();
    assert.match(stored.password, /^\$2b\$10\$/);
    const session = await login(cluster.nodes[0], who);
    assert.equal(session.user._id, who.id);
    assertNoSecret(session.user);
    const refused = await new Rest(cluster.nodes[0].url).post('/api/auth/login', { email: who.email, password: 'not this one' });
    assertError(refused, 401, { message: 'Invalid email or password' });
    assert.equal(await original.login(who.email, password), true, 'and still at the original');
  });

  test('an address of the original\'s is taken', async () => {
    const who = await oldPerson();
    const answer = await new Rest(cluster.nodes[0].url).post('/api/auth/register', { username: uniqueName(), email: who.email, password });
    assertError(answer, 409, { message: 'Email already registered' });
  });

  test('old users are known to themselves and to others', async () => {
    const [ann, bob] = [await oldPerson('ann'), await oldPerson('bob')];
    const { body } = await ann.rest.get('/api/users/me');
    assert.equal(body.user.email, ann.email);
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/last-seen`)).body.online, false);
  });

  test('old conversations are listed, with the unread counts that the original showed', async () => {
    const { ann, bob } = await oldConversation({ read: 4, delivered: 3, sent: 2 });
    for (const [who, unread] of [[bob, 2], [ann, 0]]) {
      const [entry, ...others] = await conversationList(who);
      assert.deepEqual(others, []);
      assert.equal(entry.unreadCount, unread);
      assertMessage(entry.lastMessage, { content: 'old 8', sender: ann.id, receiver: bob.id, status: 'sent' });
    }
    const [simple] = await conversationList(bob, '/api/conversations');
    assert.equal(simple.lastMessage, 'old 8');
    assert.deepEqual(simple.participants.map((user) => user.username), [ann.username]);
  });

  test('old messages page, oldest to newest, with their ids, times and statuses', async () => {
    const { bob, written } = await oldConversation({ read: 20, delivered: 15, sent: 10 });
    const conversationId = written[0].conversationId.toString();
    const first = (await bob.rest.get(`/api/conversations/${conversationId}/messages`)).body;
    assert.deepEqual([first.messages.length, first.hasMore], [20, true]);
    const all = await history(bob, conversationId, 20);
    assert.deepEqual(all.map((message) => message._id), written.map((message) => message._id.toString()));
    assert.deepEqual(all.map((message) => message.createdAt), written.map((message) => message.createdAt.toISOString()));
    assert.deepEqual(all.map((message) => message.status), [...Array(20).fill('read'), ...Array(15).fill('delivered'), ...Array(10).fill('sent')]);
    all.forEach((message) => assertMessage(message));
    all.slice(1).forEach((message, index) => assert.ok(message.seq > all[index].seq));
    assert.deepEqual(await history(elsewhere(bob), conversationId), all, 'and the same on the other node');
  });

  test('what was never delivered comes to the receiver\'s device, and its sender hears of it', async () => {
    const { ann, bob, written } = await oldConversation({ read: 1, sent: 3 });
    const phone = await Device.connect(cluster.nodes[1], ann);
    const device = await Device.connect(cluster.nodes[0], bob);
    // The one that was read may come as well: it is a second old, so the node that gives these their places tells the other one of all.
    const unread = () => device.all('receive_message').filter((message) => message.status !== 'read');
    await device.wait(() => unread().length >= 3, 5000, 'the backlog');
    assert.deepEqual(unread().map((message) => message._id), written.slice(1).map((message) => message._id.toString()));
    await phone.next('message_delivered', { where: (event) => event.messageId === written[3]._id.toString() });
    await until(async () => (await original.Message.countDocuments({ receiver: bob._id, status: 'delivered' })) === 3, { what: 'the statuses' });
  });

  test('an old conversation goes on: the same one, whoever writes', async () => {
    const { ann, bob, written } = await oldConversation({ read: 2, delivered: 1 });
    const answer = await say(bob, ann, 'new');
    assert.equal(answer.conversationId, written[0].conversationId.toString());
    const again = await say(elsewhere(ann), bob, 'newer');
    assert.ok(again.seq === answer.seq + 1);
    assert.deepEqual(texts(await history(ann, answer.conversationId)), ['old 0', 'old 1', 'old 2', 'new', 'newer']);
    assert.equal(await original.Conversation.countDocuments({ participants: { $all: [ann._id, bob._id] } }), 1);
  });

  test('reading an old message reads the ones before it', async () => {
    const { bob, written } = await oldConversation({ delivered: 3, sent: 1 });
    const device = await Device.connect(cluster.nodes[0], bob);
    assert.equal((await device.ask('message_read', { messageId: written[1]._id.toString() })).ok, true);
    assert.deepEqual(await unreadOf(bob), [2]);
    await until(async () => (await original.Message.countDocuments({ receiver: bob._id, status: 'read' })) === 2, { what: 'the statuses' });
  });
});

describe('what Parley wrote', { skip }, () => {
  test('users: the original logs them in', async () => {
    const who = await person(cluster.nodes[0], 'new');
    const user = await original.User.findById(who.id);
    await user.validate();
    assert.deepEqual([user.username, user.email, user.__v], [who.username, who.email, 0]);
    assert.ok(user.createdAt instanceof Date && user.updatedAt instanceof Date);
    assert.match(user.password, /^\$2b\$/);
    assert.equal(await original.login(who.email, password), true);
    assert.equal(await original.login(who.email, 'wrong'), false);
  });

  test('conversations and messages, with statuses, times and unread counts', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    const phone = await Device.connect(cluster.nodes[0], ann);
    const sent = [await phone.send(bob, 'one', 'key-1'), await phone.send(bob, 'two'), await phone.send(bob, 'three')];
    const conversation = await original.Conversation.findById(sent[0].conversationId);
    await conversation.validate();
    assert.deepEqual(conversation.participants.map(String).sort(), [ann.id, bob.id].sort());
    assert.deepEqual([conversation.lastMessage, conversation.lastMessageAt.toISOString()], ['three', sent[2].createdAt]);
    assert.deepEqual([conversation.unreadCount.get(bob.id), conversation.unreadCount.get(ann.id) ?? 0, conversation.__v], [3, 0, 0]);
    const found = await original.Message.find({ conversationId: conversation._id }).sort({ createdAt: -1, _id: -1 });
    for (const message of found) await message.validate();
    assert.deepEqual(found.map((message) => message._id.toString()), sent.map((message) => message._id).reverse());
    assert.deepEqual(found.map((message) => [message.sender.toString(), message.receiver.toString(), message.status]), Array(3).fill([ann.id, bob.id, 'sent']));
    assert.deepEqual(found.map((message) => message.createdAt.toISOString()), sent.map((message) => message.createdAt).reverse());
  });

  test('receipts', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    const phone = await Device.connect(cluster.nodes[0], ann);
    const device = await Device.connect(cluster.nodes[1], bob);
    const sent = [await phone.send(bob, 'one'), await phone.send(bob, 'two')];
    await phone.next('message_delivered', { where: (event) => event.messageId === sent[1]._id });
    const stored = () => original.Message.find({ conversationId: sent[0].conversationId }).sort({ createdAt: 1, _id: 1 });
    await until(async () => (await stored()).every((message) => message.status === 'delivered' && message.deliveredAt instanceof Date), { what: 'delivered' });
    assert.equal((await device.ask('message_read', { messageId: sent[0]._id })).ok, true);
    await until(async () => (await stored())[0].status === 'read', { what: 'read' });
    const [first, second] = await stored();
    assert.deepEqual([first.status, second.status, second.readAt ?? null], ['read', 'delivered', null]);
    assert.ok(first.readAt instanceof Date && first.deliveredAt instanceof Date);
    const conversation = await original.Conversation.findById(sent[0].conversationId);
    assert.equal(conversation.unreadCount.get(bob.id), 1);
  });

  test('the original finds the conversation that Parley made', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[0], 'bob')];
    const sent = await say(ann, bob, 'by Parley');
    const answer = await original.send(objectId(bob), objectId(ann), 'by Node.js');
    assert.equal(answer.conversationId.toString(), sent.conversationId);
  });
});

describe('a Node.js server beside a running Parley', { skip }, () => {
  test('a message of its users is in history and list, with the right unread count', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    await say(ann, bob, 'one');
    await say(ann, bob, 'two');
    assert.deepEqual(await unreadOf(bob), [2]);
    const written = await original.send(objectId(ann), objectId(bob), 'three, by Node.js');
    for (const who of [bob, elsewhere(bob)]) {
      const [entry] = await conversationList(who);
      assertMessage(entry.lastMessage, { _id: written._id.toString(), content: 'three, by Node.js', status: 'sent' });
      assert.equal(entry.unreadCount, 3);
      assert.deepEqual(texts(await history(who, entry.conversationId)), ['one', 'two', 'three, by Node.js']);
    }
  });

  test('a first message of its users makes a conversation that both see', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    const written = await original.send(objectId(ann), objectId(bob), 'first');
    for (const [who, unread] of [[bob, 1], [ann, 0]]) {
      const [entry] = await conversationList(who);
      assert.deepEqual([entry.conversationId, entry.lastMessage.content, entry.unreadCount], [written.conversationId.toString(), 'first', unread]);
    }
  });

  test('both write in turn: one order, the same on all nodes, and each sender\'s own is kept', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    for (let index = 0; index < 8; index += 1) {
      if (index % 2) await original.send(objectId(ann), objectId(bob), `${index}`);
      else await say(index % 4 ? bob : elsewhere(bob), ann, `${index}`);
    }
    const [{ conversationId, unreadCount }] = await conversationList(ann);
    const all = await history(ann, conversationId);
    assert.deepEqual(texts(all).sort(), ['0', '1', '2', '3', '4', '5', '6', '7']);
    for (const who of [ann, bob]) {
      const own = texts(all.filter((message) => message.sender === who.id));
      assert.deepEqual(own, [...own].sort(), 'in the order sent');
    }
    all.slice(1).forEach((message, index) => assert.ok(message.seq > all[index].seq, 'seq grows'));
    assert.equal(unreadCount, 4);
    assert.deepEqual(await unreadOf(bob), [4]);
    assert.deepEqual(await history(elsewhere(bob), conversationId), all);
  });

  test('its receipts count, and so does its unread count, which falls at delivery', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    await say(ann, bob, 'one');
    const sent = await say(ann, bob, 'two');
    const stored = await original.Message.find({ conversationId: sent.conversationId }).sort({ createdAt: 1, _id: 1 });
    for (const message of stored) await original.deliver(message);
    assert.deepEqual(await unreadOf(bob), [0]);
    for (const message of stored) await original.read(message);
    await until(async () => (await history(ann, sent.conversationId)).every((message) => message.status === 'read'), { what: 'read' });
    assert.deepEqual(await unreadOf(bob), [0]);
  });
});

describe('presence in Redis', { skip }, () => {
  test('is readable where the original had it', async () => {
    const who = await person(cluster.nodes[0], 'ann');
    const device = await Device.connect(cluster.nodes[0], who);
    const second = await Device.connect(cluster.nodes[1], who);
    assert.equal(await redis.get(`user:${who.id}:online`), '1');
    second.close();
    device.close();
    await until(async () => (await redis.get(`user:${who.id}:online`)) !== '1', { what: 'offline' });
    const lastSeen = Number(await redis.get(`user:${who.id}:lastSeen`));
    assert.ok(Math.abs(Date.now() - lastSeen) < 10_000, `lastSeen ${lastSeen}`);
    const { body } = await who.rest.get(`/api/users/${who.id}/last-seen`);
    assert.deepEqual([body.online, body.lastSeen], [false, lastSeen]);
  });

  test('of a Node.js server is true for Parley', async () => {
    const [ann, bob] = [await person(cluster.nodes[0], 'ann'), await person(cluster.nodes[1], 'bob')];
    await redis.set(`user:${bob.id}:online`, '1');
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/online`)).body.online, true);
    await redis.del(`user:${bob.id}:online`);
    await redis.set(`user:${bob.id}:lastSeen`, `${Date.now() - 5000}`);
    const { body } = await ann.rest.get(`/api/users/${bob.id}/last-seen`);
    assert.equal(body.online, false);
    assert.ok(Math.abs(body.lastSeen - (Date.now() - 5000)) < 2000);
  });
});
