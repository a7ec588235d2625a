/** Nodes that know each other's addresses: polling behind a balancer that knows nothing of sessions. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { contents, numbers, setUp } from './setup.js';

const { cluster, test } = await setUp({ nodes: 3, advertise: true });
after(() => cluster.destroy());
afterEach(closeDevices);

const engine = (node, query = '') => `${node.url}/socket.io/?EIO=4&transport=polling${query}`;
const received = (device, who) => contents(device.all('receive_message', (message) => message.receiver === who.id));

async function sessionOn(node) {
  const answer = await fetch(engine(node));
  return JSON.parse((await answer.text()).slice(1)).sid;
}

/** Nodes hear of each other a moment after they are ready. */
async function acquainted() {
  for (const home of cluster.nodes) {
    const sid = await sessionOn(home);
    for (const node of cluster.nodes) {
      await until(async () => (await fetch(engine(node, `&sid=${sid}`), { method: 'POST', body: '40{"token":"no"}' })).status === 200, { what: 'the way to another node', ms: 5000 });
    }
  }
}
if (!cluster.missing) await acquainted();

test('any node answers for the session of another one', async () => {
  const sid = await sessionOn(cluster.nodes[0]);
  for (const node of [cluster.nodes[1], cluster.nodes[2], cluster.nodes[0]]) {
    const refused = await fetch(engine(node, `&sid=${sid}`), { method: 'POST', body: '40{"token":"no"}' });
    assert.deepEqual([refused.status, await refused.text()], [200, 'ok']);
    assert.match(await (await fetch(engine(node, `&sid=${sid}`))).text(), /Auth failed/);
  }
});

test('clients that only poll chat through the balancer, each request on the next node', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  // Without keep-alive every request is a connection, and the balancer deals connections.
  const ioOptions = { extraHeaders: { connection: 'close' } };
  const phone = await Device.connect(cluster, ann, { transports: ['polling'], ioOptions });
  const device = await Device.connect(cluster, bob, { transports: ['polling'], ioOptions });
  for (const content of numbers(10)) await phone.send(bob, content);
  await device.wait(() => received(device, bob).length === 10, 10_000, 'all of them');
  assert.deepEqual(received(device, bob), numbers(10));
  assert.deepEqual([phone.drops, device.drops], [[], []]);
});

test('official clients with default transports upgrade to WebSocket, wherever the balancer sends it', async () => {
  const crowd = await people(cluster, 'ann', 'bob', 'cat', 'dan');
  const devices = await Promise.all(crowd.map((who) => Device.connect(cluster, who, { transports: ['polling', 'websocket'] })));
  for (const device of devices) {
    await until(() => device.socket.io.engine.transport.name === 'websocket', { what: 'the upgrade', ms: 5000 });
  }
  for (const [index, device] of devices.entries()) {
    const next = (index + 1) % devices.length;
    for (const content of numbers(5)) await device.send(crowd[next], content);
    await devices[next].wait(() => received(devices[next], crowd[next]).length === 5, 5000, 'the messages');
    assert.deepEqual(received(devices[next], crowd[next]), numbers(5));
  }
});

test('a session whose node died is unknown, and its client comes back', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  const sid = await sessionOn(cluster.nodes[2]);
  const device = await Device.connect(cluster.nodes[2], bob, { reconnect: true });
  const phone = await Device.connect(cluster.nodes[0], ann);
  await cluster.kill(2);
  const answer = await fetch(engine(cluster.nodes[0], `&sid=${sid}`));
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), { code: 1, message: 'Session ID unknown' });
  await phone.send(bob, 'while you were away');
  await cluster.nodes[2].start();
  await device.wait(() => received(device, bob).length === 1, 10_000, 'the message');
});
