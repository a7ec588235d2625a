/** What a node forwards leaves room for its own people, and does not hold up its end. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { login, people, say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { frame, nextFrame, upgradeRequest, Wire } from '../lib/wire.js';
import { setUp } from './setup.js';

const places = 40;
const { cluster, test } = await setUp({
  nodes: 2, advertise: true, env: (index) => (index === 0 ? { MAX_CONNECTIONS: `${places}` } : {}),
});
const [front, home] = cluster.nodes ?? [];
const wires = [];
after(() => cluster.destroy());
afterEach(closeDevices);
afterEach(() => wires.splice(0).forEach((wire) => wire.destroy()));

const path = (sid) => `/socket.io/?EIO=4&transport=polling${sid ? `&sid=${sid}` : ''}`;

async function sessionOn(node) {
  const answer = await fetch(`${node.url}${path()}`);
  return JSON.parse((await answer.text()).slice(1)).sid;
}

/** One that nobody has logged in to. */
const sessionAtHome = () => sessionOn(home);

async function connect() {
  const wire = await Wire.connect(front.port);
  wires.push(wire);
  return wire;
}

/** A poll of that session, which comes to the other node and is held until there is something to say. */
async function poll(sid) {
  const wire = await connect();
  wire.write(`GET ${path(sid)} HTTP/1.1\r\nHost: h\r\n\r\n`);
  return wire;
}

/** A WebSocket to the other node that has become the transport of a session at home. */
async function tunnel() {
  const wire = await connect();
  wire.write(upgradeRequest(`/socket.io/?EIO=4&transport=websocket&sid=${await sessionAtHome()}`));
  assert.equal((await wire.answer()).status, 101);
  wire.write(frame('2probe'));
  assert.equal((await nextFrame(wire)).text, '3probe');
  wire.write(frame('5'));
  return wire;
}

/** Nodes hear of each other a moment after they are ready. */
async function acquainted() {
  for (const [from, to] of [[front, home], [home, front]]) {
    const sid = await sessionOn(to);
    await until(async () => (await fetch(`${from.url}${path(sid)}`, { method: 'POST', body: '3', headers: { connection: 'close' } })).status === 200, { what: 'the way to the other node', ms: 5000 });
  }
}
if (!cluster.missing) await acquainted();

test('forwarded requests leave places for those who are there and for newcomers', async () => {
  const [ann, bob] = await people(front, 'ann', 'bob');
  const early = await Device.connect(front, ann);
  const polls = [];
  for (let i = 0; i < places + 10; i += 1) polls.push(await poll(await sessionAtHome()));
  const refused = polls.filter((wire) => wire.text().startsWith('HTTP/1.1 503'));
  const late = await Device.connect(front, bob);
  await login(front, bob);
  await late.send(ann, 'there is room');
  assert.equal((await early.next('receive_message')).content, 'there is room');
  assert.ok(refused.length >= places / 2, `${refused.length} of ${polls.length} were refused`);
  for (const wire of refused) assert.match(wire.text(), /\r\nRetry-After: 1\r\n/);
  assert.ok(polls.some((wire) => !wire.isClosed && wire.text() === ''), 'some are held');
  await until(() => front.log().includes('turned away'), { what: 'a warning' });
  assert.match(front.log(), /clients are turned away .*forwarded=[1-9]/);

  polls.forEach((wire) => wire.destroy());
  const again = await poll(await sessionAtHome());
  await new Promise((done) => setTimeout(done, 200));
  assert.deepEqual([again.isClosed ?? false, again.text()], [false, ''], 'their places are free again');
});

test('a node that ends does not wait for what it forwards', async () => {
  const upgraded = await Promise.all([tunnel(), tunnel(), tunnel()]);
  const held = await Promise.all([poll(await sessionAtHome()), poll(await sessionAtHome())]);
  await new Promise((done) => setTimeout(done, 200));
  const { code, ms } = await front.stop();
  assert.equal(code, 0);
  assert.doesNotMatch(front.log(), /connections were left/);
  assert.ok(ms < 5000, `it took ${ms} ms`);
  await Promise.all([...upgraded, ...held].map((wire) => wire.closed()));
});

test('official clients whose node ends come back at the other one and miss nothing', async () => {
  await front.start();
  await acquainted();
  const crowd = await people(home, 'ann', 'bob', 'cat', 'dan');
  const devices = await Promise.all(crowd.map((who) => Device.connect(cluster, who, { transports: ['polling', 'websocket'], reconnect: true })));
  for (const device of devices) await until(() => device.transport === 'websocket', { what: 'the upgrade', ms: 5000 });
  const stopped = front.stop();
  const sent = [];
  for (const to of crowd) sent.push(await say(crowd[0] === to ? crowd[1] : crowd[0], to, 'meanwhile'));
  assert.ok((await stopped).ms < 5000);
  for (const [index, device] of devices.entries()) {
    await until(() => device.socket.connected, { what: 'everybody back', ms: 10_000 });
    await until(() => device.all('receive_message', (message) => message._id === sent[index]._id).length > 0, { what: 'what came meanwhile', ms: 10_000 });
  }
  assert.ok(devices.some((device) => device.drops.length > 0), 'some were there');
});
