/** The sharded adapter, whose rooms are subscribed one by one: who is told that they are connected hears all that comes. */
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { pause } from '../lib/wait.js';
import { promptly, setUp } from './setup.js';

const { cluster, test } = await setUp({ nodes: 2, linked: true, env: { CLUSTER_ADAPTER: 'sharded' } });
const { nodes, links } = cluster;
after(() => cluster.destroy());
afterEach(() => {
  for (const { redis } of links) Object.assign(redis, { delay: 0 }).restore();
  closeDevices();
});

test('what another node tells a device at once after it was connected arrives', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  await say(ann, bob, 'we know each other');
  const sender = await Device.connect(nodes[0], ann);
  links[1].redis.delay = 5;
  let lost = 0;
  for (let round = 0; round < 30; round += 1) {
    const device = await Device.connect(nodes[1], bob);
    sender.emit('typing', { receiverId: bob.id });
    await device.next('typing', { ms: 500 }).catch(() => (lost += 1));
    sender.emit('stop_typing', { receiverId: bob.id });
    device.close();
    await pause(130);  // No more than a user may type in a second.
  }
  assert.equal(lost, 0, `${lost} of 30 were lost`);
});

test('Redis away: a device is connected all the same', async () => {
  const [bob] = await people(cluster, 'bob');
  links[1].redis.cut();
  await promptly(cluster, 4500, 'a connect', () => Device.connect(nodes[1], bob));
});
