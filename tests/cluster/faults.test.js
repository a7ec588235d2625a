/**
 * What befalls a cluster short of a death, under load and one after the other: a node that stands still for longer than its
 * lease, ways to Redis and to the database that break or hang for one node alone, a Redis that comes back empty. Then
 * everything that anybody saw is checked. CLUSTER_FAULTS=n: n of them at random moments; CRASH_SEED=n repeats them.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { pause, until } from '../lib/wait.js';
import { problems } from '../recovery/checker.js';
import { randomFrom } from '../recovery/random.js';
import { Crowd } from './crowd.js';
import { lease, setUp } from './setup.js';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const count = Number(process.env.CLUSTER_FAULTS ?? 0);

const { cluster, test } = await setUp({ linked: true });
const { nodes, links, redis } = cluster;
after(() => cluster.destroy());

const signal = (index, name) => process.kill(nodes[index].pid, name);

/** name → [how it begins on a node, how it ends, how long it has to last] */
const faults = {
  'stands still': [(index) => signal(index, 'SIGSTOP'), (index) => signal(index, 'SIGCONT'), lease + 1000],
  'is cut off from Redis': [(index) => links[index].redis.cut(), (index) => links[index].redis.restore(), lease + 1000],
  'hears and says nothing over Redis': [(index) => links[index].redis.hold(), (index) => links[index].redis.restore(), 1500],
  'is cut off from the database': [(index) => links[index].mongo.cut(), (index) => links[index].mongo.restore(), 1500],
  'gets no answer from the database': [(index) => links[index].mongo.hold(), (index) => links[index].mongo.restore(), 1500],
  'shares a Redis that comes back empty': [() => redis.kill(), () => redis.start(), 300],
  'shares a Redis that forgets everything': [() => redis.client().then((client) => client.flushAll()), () => {}, 0],
};

const isWell = ({ status, text }) => status === 200 && !text.includes('degraded');

async function befall(name, index, crowd, random) {
  const [begin, end, ms] = faults[name];
  crowd.burst();
  await pause(random.below(100));
  const { underWay } = crowd;
  await begin(index);
  crowd.burst();
  await pause(count > 0 ? random.below(2 * ms) : ms);
  await end(index);
  await cluster.ready(isWell, 30_000);
  return underWay;
}

test('nothing is lost, doubled or out of order, and presence is right, after all that may befall a node', async (t) => {
  const random = randomFrom(seed);
  console.log(`faults: seed ${seed} (CRASH_SEED=${seed} repeats it)`);
  const crowd = await Crowd.start(cluster, seed);
  t.after(closeDevices);
  t.after(() => crowd.release());
  await until(() => crowd.members.every((member) => member.socket.connected), { what: 'everybody is here', ms: 30_000 });
  const names = count > 0 ? Array.from({ length: count }, () => random.pick(Object.keys(faults))) : Object.keys(faults);
  let underWay = 0;
  for (const name of names) {
    const index = random.below(nodes.length);
    t.diagnostic(`node ${index} ${name}`);
    underWay += await befall(name, index, crowd, random);
  }
  const seen = await crowd.finish();
  console.log(`faults: ${names.length} faults, ${underWay} under way when one began, ${crowd.summary(seen)}`);
  assert.deepEqual(crowd.record.refused, []);
  assert.deepEqual(problems(seen.findings).slice(0, 40), []);
  assert.ok(underWay > 0 && crowd.record.acknowledgedCount >= 5 * names.length, 'there was something to lose');
});
