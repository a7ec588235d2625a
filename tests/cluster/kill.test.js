/**
 * Nodes are killed two at a time under load, and started again a moment later. Then everything that anybody saw is
 * checked, as after the kills of a single server; and meanwhile, whoever was on a dead node is offline within the lease.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { median, pause, until } from '../lib/wait.js';
import { problems } from '../recovery/checker.js';
import { randomFrom } from '../recovery/random.js';
import { Crowd } from './crowd.js';
import { lease, setUp } from './setup.js';
import { Watch } from './watch.js';

const pairs = Number(process.env.CLUSTER_KILLS ?? 16) / 2;
const fewestPairs = 2;  // However slow the machine; more only as long as there is time.
const longest = 120;  // Seconds.
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const deadline = 60_000;  // For what is promised to happen, but not how soon.

const { cluster, test } = await setUp();
after(() => cluster.destroy());

/** What the crowd has under way when a node dies, and how many kills there were. */
const tally = { kills: 0, underWay: 0, startsGivenUp: 0 };

/** One node, then another before the first one's lease is over; never while somebody may be telling of a death. */
async function killTwo(watch, crowd, random) {
  const first = random.below(3);
  const second = (first + 1 + random.below(2)) % 3;
  for (const index of [first, second]) await watch.settle(index);
  const began = Date.now();
  const death = await killAndRestart(first, watch, crowd, random);
  await pause(random.below(300));
  if (Date.now() - began > lease / 2) await death.seen;
  const next = await killAndRestart(second, watch, crowd, random);
  await Promise.all([death.seen, next.seen]);
}

/** {seen}: settles when everybody has noticed the death, which this does not wait for. */
async function killAndRestart(index, watch, crowd, random) {
  crowd.burst();
  await pause(random.below(100));
  tally.kills += 1;
  tally.underWay += crowd.underWay;
  await cluster.kill(index);
  const seen = watch.killed(index);
  await pause(200 + random.below(800));
  await startAgain(cluster.nodes[index]);
  return { seen };
}

/** A node that starts gives up where the database takes too long to answer; as whatever runs nodes does, this starts it again. */
async function startAgain(node) {
  node.launch();
  await until(() => {
    if (node.isRunning) return node.isReady();
    tally.startsGivenUp += 1;
    return void node.launch();
  }, { what: () => `start\n${node.tail()}`, ms: deadline, every: 20 });
}

test(`nothing acknowledged is lost while nodes are killed up to ${2 * pairs} times`, async (t) => {
  const random = randomFrom(seed);
  console.log(`kill test: seed ${seed} (CRASH_SEED=${seed} repeats it)`);
  const watch = await Watch.start(cluster);
  const crowd = await Crowd.start(cluster, seed);
  t.after(closeDevices);
  t.after(() => {
    watch.isOver = true;
    crowd.release();
  });

  const began = Date.now();
  const elapsed = () => Math.round((Date.now() - began) / 1000);
  for (let pair = 0; pair < pairs && (pair < fewestPairs || elapsed() < longest); pair += 1) await killTwo(watch, crowd, random);
  const seconds = elapsed();
  await watch.finish();
  const seen = await crowd.finish();
  console.log(`kill test: ${tally.kills} kills in ${seconds} s, ${tally.underWay} under way when one died, ${crowd.summary(seen)}, ` +
    `${tally.startsGivenUp} starts given up, ${watch.told} told of a death, ` +
    `dead node's users offline after ${median(watch.delays)} ms (median), ${Math.max(0, ...watch.delays)} ms (most)`);
  const { record } = crowd;
  assert.deepEqual(record.refused, []);
  assert.deepEqual(problems(seen.findings).slice(0, 40), []);
  assert.deepEqual(watch.problems, []);
  assert.ok(tally.underWay > 0 && watch.told > 0 && record.acknowledgedCount >= 5 * tally.kills, 'there was something to lose');
});
