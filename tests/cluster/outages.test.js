/** What a cluster does when a node dies, Redis goes away, or the MongoDB server is restarted. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { conversationList, history, login, people, person, say } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { pause, until } from '../lib/wait.js';
import { allSay, at, contents, heard, ids, lease, numbers, presenceOf, promptly, setUp } from './setup.js';

const { cluster, test } = await setUp();
const { nodes, redis, mongo } = cluster;
after(() => cluster.destroy());
afterEach(async () => {
  closeDevices();
  for (const node of nodes) if (!node.isRunning) await node.start();
});

const slack = 1000;
const received = (device, who) => device.all('receive_message', (message) => !who || message.receiver === who.id);
const about = (who) => ({ where: (event) => event.userId === who.id });
const isWell = ({ status, text }) => status === 200 && !text.includes('degraded');

async function redisIsBack() {
  if (!redis.child.isRunning) await redis.start();
  redis.resume();
  await cluster.ready(isWell);
}

test('a killed node: its users are offline for their friends within the lease, once, and lastSeen is set', async () => {
  const [ann, cat, bob, dan] = await people(cluster, 'ann', 'cat', 'bob', 'dan');
  for (const watcher of [ann, cat]) for (const who of [bob, dan]) await say(watcher, who, 'we know each other');
  const watchers = [await Device.connect(nodes[0], ann), await Device.connect(nodes[1], cat)];
  await Device.connect(nodes[2], bob);
  await Device.connect(nodes[2], dan);
  await Device.connect(nodes[1], dan);
  for (const watcher of watchers) for (const who of [bob, dan]) await watcher.next('user_online', about(who));
  const died = Date.now();
  await cluster.kill(2);
  const news = await promptly(cluster, lease + slack, 'the news of a death', () => Promise.all(watchers.map((watcher) => watcher.next('user_offline', about(bob)))));
  for (const { lastSeen } of news) {
    const seen = new Date(lastSeen).getTime();
    assert.ok(seen >= died - lease && seen <= Date.now(), `lastSeen ${lastSeen}, died ${new Date(died).toISOString()}`);
  }
  await allSay(cluster, bob, false);
  for (const { lastSeen } of await presenceOf(cluster, bob)) assert.ok(lastSeen >= died - lease && lastSeen <= Date.now(), `lastSeen ${lastSeen}`);
  await nodes[2].start();
  await pause(slack);
  for (const watcher of watchers) {
    await watcher.barrier();
    assert.deepEqual([heard(watcher, 'user_offline', bob), heard(watcher, 'user_offline', dan)], [1, 0], 'once, and not whoever is elsewhere, too');
  }
  await allSay(cluster, dan, true);
  await Device.connect(nodes[2], bob);
  for (const watcher of watchers) await watcher.next('user_online', { where: (event) => event.userId === bob.id });
});

test('a killed node: messages that it has acknowledged are on the others', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const phone = await Device.connect(nodes[2], ann);
  const device = await Device.connect(nodes[0], bob);
  const acked = [];
  const all = numbers(60);
  for (const index of all) phone.socket.emit('send_message', { receiverId: bob.id, content: index, clientId: `k${index}` }, (answer) => answer.ok && acked.push(answer.message));
  await until(() => acked.length >= 10, { what: 'some acknowledgements', ms: 15_000 });
  await cluster.kill(2);
  const again = await Device.connect(nodes[1], ann);
  // One after the other, each until it is stored: a database that takes too long has the server refuse for a while.
  for (const index of all) await until(() => again.send(bob, index, `k${index}`), { what: `message ${index}`, ms: 15_000 });
  const stored = await history(at(nodes[0], bob), acked[0].conversationId);
  assert.deepEqual(contents(stored), all);
  for (const message of acked) assert.ok(ids(stored).includes(message._id), `seq ${message.seq} is gone`);
  await device.wait(() => received(device, bob).length >= all.length, 10_000, () => `all of it, got ${received(device, bob).length}`);
  assert.deepEqual(ids(received(device, bob)), ids(stored), 'the receiver has got everything, in order, once');
});

test('Redis away: messages are stored and acknowledged, local delivery works, and the rest arrives when it is back', async () => {
  const [ann, bob, cat] = await people(cluster, 'ann', 'bob', 'cat');
  const devices = { ann: await Device.connect(nodes[0], ann), bob: await Device.connect(nodes[0], bob), cat: await Device.connect(nodes[1], cat), acker: await Device.connect(nodes[2], cat, { acks: true }) };
  await devices.ann.send(cat, 'before');
  for (const name of ['cat', 'acker']) await devices[name].next('receive_message');
  await redis.kill();
  try {
    for (const index of numbers(10)) {
      await promptly(cluster, 2000, 'a message', () => devices.ann.send(bob, index));
      await devices.ann.send(cat, index);
    }
    await devices.bob.wait(() => received(devices.bob, bob).length >= 10, 5000, 'local delivery');
    for (const index of nodes.keys()) await until(async () => (await cluster.readiness(index)).text.includes('degraded'), { what: `readiness of node ${index} says degraded` });
    for (const index of nodes.keys()) assert.equal((await cluster.readiness(index)).status, 200, 'degraded is ready');
    await login(nodes[1], cat);
    assert.equal((await ann.rest.get(`/api/users/${bob.id}/online`)).status, 200);
    assert.equal((await at(nodes[0], ann).rest.get(`/api/users/${bob.id}/online`)).body.online, true, 'local users are online');
    assert.deepEqual(contents(await history(at(nodes[1], cat), (await conversationList(cat))[0].conversationId)), ['before', ...numbers(10)]);
  } finally {
    await redisIsBack();
  }
  for (const name of ['cat', 'acker']) {
    const device = devices[name];
    await device.wait(() => received(device).length >= 11, 10_000, () => `what ${name} missed; got ${contents(received(device))}`);
    await device.barrier();
    assert.deepEqual(contents(received(device)), ['before', ...numbers(10)], name);
  }
  await devices.ann.next('message_delivered', { where: (event) => event.receiverId === cat.id && event.seq === 11, ms: 10_000 });
  await devices.ann.send(cat, 'after');
  await devices.cat.next('receive_message', { where: (message) => message.content === 'after' });
  devices.cat.emit('typing', { receiverId: ann.id });
  await devices.ann.next('typing');
});

test('Redis away: receipts that were missed arrive, too', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const [phone, device] = [await Device.connect(nodes[0], ann), await Device.connect(nodes[1], bob)];
  const sent = await phone.send(bob, 'read me');
  await device.next('receive_message');
  await phone.next('message_delivered');
  await redis.kill();
  try {
    assert.equal((await device.ask('message_read', { messageId: sent._id })).ok, true);
  } finally {
    await redisIsBack();
  }
  await phone.next('message_read', { where: (event) => event.messageId === sent._id, ms: 10_000 });
});

test('Redis away: presence is right when it is back', async () => {
  const [ann, stays, goes, comes] = await people(cluster, 'ann', 'stays', 'goes', 'comes');
  for (const who of [stays, goes, comes]) await say(ann, who, 'we know each other');
  const watcher = await Device.connect(nodes[0], ann);
  await Device.connect(nodes[1], stays);
  const going = await Device.connect(nodes[1], goes);
  for (const who of [stays, goes]) await watcher.next('user_online', about(who));
  await redis.kill();
  try {
    going.close();
    await Device.connect(nodes[2], comes);
    await pause(8000); // So long that the nodes' connections come back seconds apart, in any order.
  } finally {
    await redisIsBack();
  }
  await allSay(cluster, stays, true, lease + slack);
  await allSay(cluster, comes, true, lease + slack);
  await allSay(cluster, goes, false, lease + slack);
  await watcher.next('user_offline', { ...about(goes), ms: 15_000 });
  await watcher.next('user_online', { ...about(comes), ms: 15_000 });
  await watcher.barrier();
  assert.equal(heard(watcher, 'user_offline', stays), 0, 'nobody who stayed was announced as gone');
});

test('Redis refuses writes for longer than a lease: presence is right when it takes them again', async () => {
  const [ann, stays, goes] = await people(cluster, 'ann', 'stays', 'goes');
  for (const who of [stays, goes]) await say(ann, who, 'we know each other');
  const watcher = await Device.connect(nodes[0], ann);
  await Device.connect(nodes[1], stays);
  const going = await Device.connect(nodes[2], goes);
  for (const who of [stays, goes]) await watcher.next('user_online', about(who));
  const admin = await redis.client();
  await admin.configSet('maxmemory', '1');
  try {
    await cluster.ready(({ status, text }) => status === 200 && /refuses writes since [^ ]* OOM/.test(text));
    going.close();
    await pause(2 * lease);
  } finally {
    await admin.configSet('maxmemory', '0');
  }
  await promptly(cluster, 2500, 'presence', async () => {
    await allSay(cluster, stays, true);
    await allSay(cluster, goes, false);
  });
  await cluster.ready(isWell);
  await watcher.next('user_offline', { ...about(goes), ms: 15_000 });
  await watcher.barrier();
  assert.equal(heard(watcher, 'user_offline', stays), 0, 'nobody who stayed was announced as gone');
});

test('Redis that hangs delays nobody for long', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const [phone, device] = [await Device.connect(nodes[0], ann), await Device.connect(nodes[0], bob)];
  await phone.send(bob, 'before');
  redis.pause();
  try {
    for (const index of numbers(5)) {
      await promptly(cluster, 2000, 'a message', () => phone.send(bob, index));
    }
    await device.wait(() => received(device, bob).length >= 6, 5000, 'local delivery');
    await promptly(cluster, 2500, 'a REST call', () => at(nodes[0], ann).rest.get('/api/users/me'));
    await Device.connect(nodes[1], bob);
  } finally {
    await redisIsBack();
  }
  assert.deepEqual(contents(received(device, bob)), ['before', ...numbers(5)]);
});

test('a node that starts while Redis is away serves, and joins the others when it is back', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  await redis.kill();
  let late;
  try {
    late = await Server.start({ env: nodes[0].options.env });
    const device = await Device.connect(late, ann);
    await device.send(bob, 'while it is away');
    await redisIsBack();
    const other = await Device.connect(nodes[0], bob);
    await other.next('receive_message', { where: (message) => message.content === 'while it is away' });
    await until(async () => isWell(await readiness(late)), { what: 'readiness of the late node' });
    await other.send(ann, 'hello');
    await device.next('receive_message', { where: (message) => message.content === 'hello' });
    await allSay(cluster, ann, true);
  } finally {
    await redisIsBack();
    await late?.destroy();
  }
});

async function readiness(node) {
  const answer = await fetch(`${node.url}/readyz`, { headers: { connection: 'close' } });
  return { status: answer.status, text: await answer.text() };
}

/** Sends one after another, each again until it is acknowledged; `stop()` gives what was. */
function stubborn(node, sender, receiver) {
  const state = { acked: [], failures: 0, longest: 0, done: false };
  const work = async () => {
    const device = new Device(node, sender, { reconnect: true });
    device.socket.connect();
    for (let index = 0; !state.done; index += 1) {
      const began = Date.now();
      for (;;) {
        const answer = await device.socket.timeout(2000).emitWithAck('send_message', { receiverId: receiver.id, content: `${index}`, clientId: `k${index}` }).catch(() => ({ ok: false }));
        if (answer.ok) {
          state.acked.push(answer.message);
          break;
        }
        state.failures += 1;
        await pause(100);
      }
      state.longest = Math.max(state.longest, Date.now() - began);
    }
    device.close();
  };
  const running = work();
  return { state, stop: async () => { state.done = true; await running; return state.acked; } };
}

const outages = {
  'is killed and comes back': [() => mongo.kill(), () => mongo.start()],
  'hangs for a while': [() => mongo.pause(), () => mongo.resume()],
};
for (const [name, [begin, end]] of Object.entries(outages)) {
  test(`the MongoDB server ${name}: delay or errors, nothing acknowledged lost, and it goes on by itself`, async (t) => {
    if (!mongo.isOurs) return t.skip('the server at MONGO_URI is not ours to kill');
    const crowd = await people(cluster, 'ann', 'bob', 'cat');
    const reader = await Device.connect(nodes[0], crowd[1], { acks: true, reconnect: true });
    const senders = nodes.map((node, index) => stubborn(node, crowd[index], crowd[(index + 1) % 3]));
    await until(() => senders.every(({ state }) => state.acked.length >= 10), { what: 'the first messages', ms: 15_000 });
    await begin();
    await pause(2500);
    const others = await Promise.all(nodes.map((node) => readiness(node)));
    await end();
    const before = senders.map(({ state }) => state.acked.length);
    await until(() => senders.every(({ state }, index) => state.acked.length >= before[index] + 10), { what: () => `new messages\n${cluster.tails()}`, ms: 30_000 });
    const acked = await Promise.all(senders.map((sender) => sender.stop()));
    console.log(`MongoDB ${name}: ${acked.flat().length} acknowledged, ${senders.map(({ state }) => state.failures)} failures, ` +
      `longest ${senders.map(({ state }) => state.longest)} ms, readiness meanwhile ${others.map((each) => each.status)}`);
    for (const [index, messages] of acked.entries()) {
      const stored = await history(at(nodes[(index + 1) % 3], crowd[index]), messages[0].conversationId);
      assert.deepEqual(ids(stored), ids(messages), 'all of it, in order, once');
      assert.deepEqual(stored.map((message) => message.seq), stored.map((_, place) => place + 1));
    }
    await reader.wait(() => new Set(ids(received(reader, crowd[1]))).size === acked[0].length, 15_000, () => `${acked[0].length} at the reader`);
    const first = [...new Set(ids(received(reader, crowd[1])))];
    assert.deepEqual(first, ids(acked[0]));
    await cluster.ready(isWell);
    await person(cluster, 'new');
  });
}
