/** A node's process that ends is noticed long before its lease is over. */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { allSay, heard, presenceOf, promptly, setUp } from './setup.js';

// Node 1 has known node 0 since its start.
const { cluster, test } = await setUp({ nodes: 2, env: { PRESENCE_LEASE: '30s' } });
after(() => cluster?.destroy());
after(closeDevices);

/** Until each node has looked at the other one at least once. */
async function looked() {
  const redis = await cluster.redis.client();
  const looks = async () => Number(/cmdstat_pubsub\|numsub:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
  const before = await looks();
  await until(async () => (await looks()) >= before + 4, { what: 'looks at the other nodes' });
}

test('a killed node: its users are offline for their friends within seconds, however long the lease', async () => {
  const [ann, bob] = await people(cluster, 'ann', 'bob');
  await say(ann, bob, 'we know each other');
  const watcher = await Device.connect(cluster.nodes[1], ann);
  await Device.connect(cluster.nodes[0], bob);
  await watcher.next('user_online', { where: ({ userId }) => userId === bob.id });
  await looked();
  const died = Date.now();
  await cluster.kill(0);
  const { lastSeen } = await promptly(cluster, 5000, 'the news of a death', () => watcher.next('user_offline', { where: ({ userId }) => userId === bob.id }));
  assert.ok(new Date(lastSeen).getTime() >= died - 1000, `lastSeen ${lastSeen}, died ${new Date(died).toISOString()}`);
  await allSay(cluster, bob, false);
  assert.equal((await presenceOf(cluster, bob))[0].lastSeen, new Date(lastSeen).getTime());
  await cluster.nodes[0].start();
  await Device.connect(cluster.nodes[0], bob);
  await watcher.next('user_online', { where: ({ userId }) => userId === bob.id });
  assert.equal(heard(watcher, 'user_offline', bob), 1, 'told once');
});
