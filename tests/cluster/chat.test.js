/** What people on different nodes have of each other: messages, receipts, typing, presence; and what the nodes share. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Cluster } from '../lib/cluster.js';
import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, password, people, person, say, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { assertError, assertMessage } from '../lib/shapes.js';
import { within } from '../lib/wait.js';
import { allSay, at, contents, devicesOn, heard, ids, numbers, presenceOf, promptly, setUp } from './setup.js';

const { cluster, test } = await setUp();
const nodes = cluster.nodes;
after(() => cluster.destroy());
afterEach(closeDevices);

const received = (device) => device.all('receive_message');

test('two people on two nodes: message, list, delivered, read, typing', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const [phone, device] = [await Device.connect(nodes[0], ann), await Device.connect(nodes[1], bob)];
  const sent = await phone.send(bob, 'Hello', 'key');
  const { clientId, ...others } = assertHas(await device.next('receive_message'), { _id: sent._id, content: 'Hello', seq: 1 });
  assert.equal(clientId, undefined, 'the key is the sender\'s');
  assertMessage(others);
  assert.equal((await device.next('conversation_updated')).unreadCount, 1);
  assert.equal((await phone.next('conversation_updated')).unreadCount, 0);
  assert.equal((await phone.next('message_delivered')).messageId, sent._id);
  device.emit('message_read', { messageId: sent._id });
  assert.equal((await phone.next('message_read')).readerId, bob.id);
  device.emit('typing', { receiverId: ann.id });
  assert.equal((await phone.next('typing')).userId, bob.id);
  device.emit('stop_typing', { receiverId: ann.id });
  assert.equal((await phone.next('stop_typing')).userId, bob.id);
  for (const name of ['message_delivered', 'message_read', 'typing', 'stop_typing', 'receive_message', 'message_sent']) assert.equal(phone.all(name).length, 1, name);
  assert.equal(received(device).length, 1);
});

function assertHas(message, expected) {
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(message[name], value, name);
  return message;
}

test('conversations in both directions at once: everything, in order, once', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const devices = [await Device.connect(nodes[0], ann), await Device.connect(nodes[2], bob)];
  const count = 200;
  await Promise.all([devices[0].sendMany(bob, numbers(count), 50), devices[1].sendMany(ann, numbers(count), 50)]);
  for (const device of devices) {
    await device.wait(() => received(device).length >= 2 * count, 15_000, () => `${2 * count} messages, got ${received(device).length}`);
    assert.deepEqual(received(device).map((message) => message.seq), Array.from({ length: 2 * count }, (_, index) => index + 1));
  }
  for (const who of [ann, bob]) {
    const own = contents(received(devices[1]).filter((message) => message.sender === who.id));
    assert.deepEqual(own, numbers(count), 'one sender\'s messages in the order sent');
  }
  const [{ conversationId }] = await conversationList(ann);
  const stored = await history(at(nodes[1], ann), conversationId);
  assert.deepEqual(ids(stored), ids(received(devices[0])));
});

test('a crowd through the balancer: everybody gets everything, in order, once', async () => {
  const crowd = await people(cluster, ...Array(9).fill('crowd'));
  const devices = await Promise.all(crowd.map((who) => Device.connect(cluster, who)));
  const count = 20;
  await Promise.all(devices.map((device, index) => device.sendMany(crowd[(index + 1) % crowd.length], numbers(count))));
  for (const [index, device] of devices.entries()) {
    const from = crowd[(index + crowd.length - 1) % crowd.length];
    const mine = () => received(device).filter((message) => message.receiver === crowd[index].id);
    await device.wait(() => mine().length >= count, 10_000, 'all messages');
    assert.deepEqual(contents(mine()), numbers(count));
    assert.ok(mine().every((message) => message.sender === from.id));
  }
  assert.equal(cluster.balancer.served.size, 3, 'all nodes took part');
});

test('many devices of one user on several nodes: each gets everything once', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phones = await devicesOn(nodes, ann);
  const devices = await devicesOn([...nodes, ...nodes], bob);
  const sent = [await phones[0].send(bob, 'one', 'k1'), await phones[1].send(bob, 'two', 'k2'), await phones[2].send(bob, 'three', 'k3')];
  for (const device of [...devices, ...phones]) {
    await device.wait(() => received(device).length >= 3, 5000, 'three messages');
    assert.deepEqual(ids(received(device)), ids(sent));
  }
  for (const [index, phone] of phones.entries()) {
    await phone.next('message_delivered', { where: (event) => event.messageId === sent[2]._id });
    assert.deepEqual(phone.all('message_sent').map((event) => event.messageId), [sent[index]._id], 'only the sending device');
  }
  devices[0].emit('message_read', { messageId: sent[1]._id });
  for (const device of [...phones, ...devices.slice(1)]) assert.equal((await device.next('message_read')).messageId, sent[1]._id);
  for (const device of [...phones, ...devices]) await device.barrier();
  for (const phone of phones) assert.deepEqual(new Set(phone.all('message_delivered').map((event) => event.messageId)).size, phone.all('message_delivered').length);
  assert.deepEqual(devices.map((device) => device.all('message_read').length), [0, 1, 1, 1, 1, 1]);
  assert.deepEqual(devices.map((device) => received(device).length), Array(6).fill(3));
});

test('typing stops by itself on the other node', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  await say(ann, bob, 'we know each other');
  const [phone, device] = [await Device.connect(nodes[1], ann), await Device.connect(nodes[2], bob)];
  phone.emit('typing', { receiverId: bob.id });
  await device.next('typing');
  await device.next('stop_typing', { ms: 8000 });
});

test('presence: once per user, whichever nodes the devices are on', async () => {
  const [ann, bob, eve] = await people(cluster, 'ann', 'bob', 'eve');
  await say(ann, bob, 'we know each other');
  const watchers = await devicesOn(nodes, ann);
  const stranger = await Device.connect(nodes[2], eve);
  const devices = [];
  for (const node of nodes) devices.push(await Device.connect(node, bob));
  for (const watcher of watchers) await watcher.next('user_online', { where: (event) => event.userId === bob.id });
  await allSay(cluster, bob, true);
  devices[0].close();
  await devices[1].cut();
  await devices[2].send(ann, 'still here');
  for (const watcher of watchers) {
    await watcher.next('receive_message', { where: (message) => message.content === 'still here' });
    assert.deepEqual([heard(watcher, 'user_online', bob), heard(watcher, 'user_offline', bob)], [1, 0]);
  }
  const before = Date.now();
  devices[2].close();
  for (const watcher of watchers) {
    const { lastSeen } = await watcher.next('user_offline', { where: (event) => event.userId === bob.id });
    assert.ok(Math.abs(new Date(lastSeen).getTime() - before) < 3000, lastSeen);
    await watcher.barrier();
    assert.deepEqual([heard(watcher, 'user_online', bob), heard(watcher, 'user_offline', bob)], [1, 1]);
  }
  await allSay(cluster, bob, false);
  const said = await presenceOf(cluster, bob);
  assert.equal(new Set(said.map((each) => each.lastSeen)).size, 1, 'one lastSeen for all');
  assert.equal(heard(stranger, 'user_online', bob) + heard(stranger, 'user_offline', bob), 0);
});

test('what waited comes to whichever node the receiver comes to', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phone = await Device.connect(nodes[0], ann);
  const sent = await phone.sendMany(bob, numbers(60));
  const device = await Device.connect(nodes[1], bob, { acks: true });
  await device.wait(() => received(device).length >= 60, 10_000, 'the backlog');
  assert.deepEqual(ids(received(device)), ids(sent));
  await phone.next('message_delivered', { where: (event) => event.seq === 60, ms: 10_000 });
});

test('a cursor of one node is good on another', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const writers = await devicesOn(nodes, ann);
  let cursor;
  const got = [];
  for (let round = 0; round < 9; round += 1) {
    for (const [index, writer] of writers.entries()) await writer.send(bob, `${round * 3 + index}`);
    const reader = await Device.connect(nodes[round % 3], bob);
    const page = await reader.sync(cursor, 2);
    got.push(...contents(page.messages));
    cursor = page.cursor;
    reader.close();
  }
  assert.deepEqual(got, numbers(27));
});

test('first messages of two people at once, on two nodes, make one conversation', async () => {
  for (let round = 0; round < 8; round += 1) {
    const [ann, bob] = await people(cluster, 'ann', 'bob');
    const [phone, device] = [await Device.connect(nodes[round % 3], ann), await Device.connect(nodes[(round + 1) % 3], bob)];
    const [one, two] = await Promise.all([phone.send(bob, 'from ann'), device.send(ann, 'from bob')]);
    assert.equal(one.conversationId, two.conversationId);
    assert.deepEqual([one.seq, two.seq].sort(), [1, 2]);
    for (const who of [ann, bob]) assert.equal((await conversationList(who)).length, 1);
    for (const each of [phone, device]) {
      await each.wait(() => received(each).length >= 2, 5000, 'both messages');
      assert.deepEqual(received(each).map((message) => message.seq), [1, 2]);
    }
    closeDevices();
  }
});

test('the same clientId through several nodes at once is one message', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phones = await devicesOn(nodes, ann);
  const device = await Device.connect(nodes[2], bob);
  for (let round = 0; round < 8; round += 1) {
    const rest = [0, 1, 2].map((index) => say(at(nodes[index], ann), bob, `round ${round}`, `key ${round}`));
    const answers = await Promise.all([...rest, ...phones.map((phone) => phone.send(bob, `round ${round}`, `key ${round}`))]);
    assert.equal(new Set(ids(answers)).size, 1);
    assert.ok(answers.every((message) => message.seq === round + 1), `seq ${answers.map((message) => message.seq)}`);
  }
  const [{ conversationId, unreadCount }] = await conversationList(bob);
  assert.equal(unreadCount, 8);
  assert.equal((await history(bob, conversationId)).length, 8);
  await device.wait(() => received(device).length >= 8, 5000, 'the messages');
  await device.barrier();
  assert.deepEqual(contents(received(device)), numbers(8).map((round) => `round ${round}`));
});

test('a message that is repeated on another node is told to nobody again', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const first = await Device.connect(nodes[0], ann);
  const before = await Device.connect(nodes[1], bob);
  const sent = [];
  for (const index of numbers(5)) sent.push(await first.send(bob, index, `k${index}`));
  await before.wait(() => received(before).length === 5, 5000, 'the messages');
  await first.next('message_delivered', { where: (event) => event.seq === 5 });
  const comer = await Device.connect(nodes[2], bob);
  const again = await Device.connect(nodes[2], ann);
  for (const index of numbers(5)) assert.equal((await again.send(bob, index, `k${index}`))._id, sent[index]._id);
  await again.send(bob, 'new');
  for (const device of [before, comer]) await device.next('receive_message', { where: (message) => message.content === 'new' });
  assert.deepEqual(contents(received(before)), [...numbers(5), 'new']);
  assert.deepEqual(contents(received(comer)), ['new'], 'a device that came later');
});

test('many writers of one conversation on all nodes: no gap, no doubled seq', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const writers = [...(await devicesOn(nodes, ann)), ...(await devicesOn(nodes, bob))];
  const sent = (await Promise.all(writers.map((writer, index) => writer.sendMany(index < 3 ? bob : ann, numbers(30), 10)))).flat();
  assert.deepEqual(sent.map((message) => message.seq).sort((a, b) => a - b), Array.from({ length: 180 }, (_, index) => index + 1));
  for (const writer of writers) {
    await writer.wait(() => received(writer).length >= 180, 10_000, () => `all of it, got ${received(writer).map((message) => message.seq)}`);
    assert.deepEqual(received(writer).map((message) => message.seq), Array.from({ length: 180 }, (_, index) => index + 1));
  }
});

test('unread counts and history are the same on all nodes, right after a change', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  for (let round = 0; round < 6; round += 1) {
    const message = await say(at(nodes[round % 3], ann), bob, `${round}`);
    for (const node of nodes) {
      const [entry] = await conversationList(at(node, bob));
      assert.deepEqual([entry.unreadCount, entry.lastMessage._id], [round + 1, message._id]);
      assert.deepEqual(contents(await history(at(node, ann), entry.conversationId)), numbers(round + 1));
    }
  }
});

test('an account, a login and its refresh tokens belong to all nodes', async () => {
  const who = await person(nodes[0]);
  const session = await login(nodes[1], who);
  const refresh = (node, refreshToken) => new Rest(node.url).post('/api/auth/refresh', { refreshToken });
  const next = await refresh(nodes[2], session.refreshToken);
  assert.equal(next.status, 200, next.text);
  assertError(await refresh(nodes[0], session.refreshToken), 401);
  assertError(await refresh(nodes[1], next.body.refreshToken), 401);
});

test('one e-mail address is one account, however many nodes are asked at once', async () => {
  const email = `${uniqueName()}@example.org`;
  const answers = await Promise.all(nodes.map((node) => new Rest(node.url).post('/api/auth/register', { username: uniqueName(), email, password })));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409, 409]);
});

test('logging out everywhere closes the sockets on all nodes', async () => {
  const [who, other] = await people(cluster, 'ann', 'bob');
  const sessions = await Promise.all(nodes.map((node) => login(node, who)));
  const devices = await Promise.all(nodes.map((node, index) => Device.connect(node, sessions[(index + 1) % 3].accessToken)));
  const witness = await Device.connect(nodes[1], other);
  const answer = await new Rest(nodes[0].url, sessions[0].accessToken).post('/api/auth/logout-all');
  assert.equal(answer.status, 204, answer.text);
  for (const device of devices) await device.next('disconnect');
  assert.equal(witness.socket.connected, true);
});

test('logging out one login closes its sockets on other nodes, and no others', async () => {
  const [who] = await people(cluster, 'ann');
  const [one, two] = [await login(nodes[0], who), await login(nodes[0], who)];
  const [gone, stays] = [await Device.connect(nodes[1], one.accessToken), await Device.connect(nodes[1], two.accessToken)];
  assert.equal((await new Rest(nodes[2].url).post('/api/auth/logout', { refreshToken: one.refreshToken })).status, 204);
  await gone.next('disconnect');
  await stays.barrier();
  assert.equal(stays.socket.connected, true);
});

const resetOf = (answer) => Number(answer.headers.get('ratelimit-reset'));

test('a rate limit counts what all nodes were asked', async () => {
  const limited = await Cluster.start({ nodes: 2, mongo: cluster.mongo, redis: cluster.redis, env: { RATE_LIMIT_AUTH: '4', TRUSTED_PROXIES: '127.0.0.1' } });
  try {
    let lastByte = 6;
    let answers;
    do {  // Within one window: another begins every minute.
      lastByte += 1;
      answers = [];
      for (let round = 0; round < 6; round += 1) answers.push(await new Rest(limited.nodes[round % 2].url).post('/api/auth/login', {}, { headers: { 'x-forwarded-for': `203.0.113.${lastByte}` } }));
    } while (resetOf(answers.at(-1)) > resetOf(answers[0]));
    assert.deepEqual(answers.map((answer) => answer.status), [400, 400, 400, 400, 429, 429]);
    const redis = await cluster.redis.client();
    const keys = await redis.keys(`rate_limit:*203.0.113.${lastByte}*`);
    assert.ok(keys.length >= 1, 'in the key that the original had');
  } finally {
    await limited.destroy();
  }
});

test('a node that stops in order takes its people offline at once, and they come back elsewhere', async () => {
  const [ann, bob, cat] = await people(cluster, 'ann', 'bob', 'cat');
  for (const who of [bob, cat]) await say(ann, who, 'we know each other');
  const watcher = await Device.connect(nodes[0], ann);
  await Device.connect(nodes[2], bob);
  for (const who of [bob]) await watcher.next('user_online', { where: (event) => event.userId === who.id });
  const comer = new Device(nodes[2], cat);
  await comer.connect();
  await watcher.next('user_online', { where: (event) => event.userId === cat.id });
  let stopping, back;
  await promptly(cluster, 2500, 'to be offline, sooner than by the lease', async () => {
    stopping = nodes[2].stop();
    await comer.next('disconnect');
    back = await Device.connect(nodes[1], cat);
    await watcher.next('user_offline', { where: (event) => event.userId === bob.id });
  });
  const ended = await within(15_000, 'the stop', stopping);
  assert.deepEqual([ended.code, ended.signal], [0, null], nodes[2].tail());
  await back.send(ann, 'from elsewhere');
  await watcher.next('receive_message', { where: (message) => message.content === 'from elsewhere' });
  await watcher.barrier();
  assert.ok(heard(watcher, 'user_online', cat) > heard(watcher, 'user_offline', cat), 'online in the end');
  await nodes[2].start();
});
