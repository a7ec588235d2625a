/** Polling needs its own node: a request that comes to another one is refused as the protocol says, and clients come back. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Balancer } from '../lib/balancer.js';
import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { frame, openWebSocket, upgradeRequest, Wire } from '../lib/wire.js';
import { contents, numbers, setUp } from './setup.js';

const { cluster, test } = await setUp({ nodes: 3 });
const nodes = cluster.nodes;
after(() => cluster.destroy());
afterEach(closeDevices);

const engine = (node, query = '') => `${node.url}/socket.io/?EIO=4&transport=polling${query}`;

async function sessionOn(node) {
  const answer = await fetch(engine(node));
  return JSON.parse((await answer.text()).slice(1)).sid;
}

test('a session of another node is unknown: 400 with code 1', async () => {
  const sid = await sessionOn(nodes[0]);
  for (const options of [{}, { method: 'POST', body: '40' }]) {
    const answer = await fetch(engine(nodes[1], `&sid=${sid}`), options);
    assert.equal(answer.status, 400);
    assert.deepEqual(await answer.json(), { code: 1, message: 'Session ID unknown' });
  }
  const own = await fetch(engine(nodes[0], `&sid=${sid}`), { method: 'POST', body: '40' });
  assert.deepEqual([own.status, await own.text()], [200, 'ok'], 'and its own node knows it still');
});

test('a WebSocket that would upgrade a session of another node is refused', async () => {
  const sid = await sessionOn(nodes[0]);
  const wire = await Wire.connect(nodes[1].port);
  wire.write(upgradeRequest(`/socket.io/?EIO=4&transport=websocket&sid=${sid}`));
  const answer = await wire.answer();
  assert.equal(answer.status, 400);
  wire.destroy();
});

test('a client whose requests go to another node after a while comes back and has missed nothing', async (t) => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const front = await frontOf(t, nodes[0]);
  const device = await Device.connect(front, bob, { transports: ['polling'], reconnect: true, acks: true });
  const phone = await Device.connect(nodes[2], ann);
  const all = () => contents(device.all('receive_message', (message) => message.receiver === bob.id));
  await phone.send(bob, '0');
  await device.next('receive_message');
  front.goTo(nodes[1]);
  for (const content of numbers(6).slice(1)) await phone.send(bob, content);
  await device.wait(() => new Set(all()).size === 6, 15_000, () => `everything; got ${all()}, drops ${device.drops}`);
  assert.deepEqual([...new Set(all())], numbers(6), 'in order');
  assert.deepEqual(device.drops.length > 0, true, 'the old session was refused');
});

test('polling first, websocket then, on one node, talks to everybody', async () => {
  const crowd = await people(cluster, 'ann', 'bob', 'cat');
  const devices = await Promise.all(crowd.map((who, index) => Device.connect(nodes[index], who, { transports: ['polling', 'websocket'] })));
  for (const [index, device] of devices.entries()) await device.send(crowd[(index + 1) % 3], `to ${index}`);
  for (const [index, device] of devices.entries()) await device.next('receive_message', { where: (message) => message.sender === crowd[(index + 2) % 3].id });
});

test('polling alone, on one node, is as good as a WebSocket', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const device = await Device.connect(nodes[1], bob, { transports: ['polling'] });
  for (const content of numbers(30)) await say(ann, bob, content);
  await device.wait(() => device.all('receive_message').length >= 30, 10_000, 'all of it');
  assert.deepEqual(contents(device.all('receive_message')), numbers(30));
});

test('a bare WebSocket through the balancer needs no stickiness', async () => {
  const wire = await openWebSocket(cluster.port);
  wire.write(frame('40{"token":"no"}'));
  await wire.wait((w) => w.text().includes('Auth failed'), 5000, 'CONNECT_ERROR');
  wire.destroy();
});

/** A balancer with one server at a time; after `goTo` the next request of a client goes elsewhere. */
async function frontOf(t, node) {
  const front = await Balancer.start([node.port]);
  t.after(() => front.destroy());
  front.goTo = (other) => (front.ports = [other.port]);
  return front;
}
