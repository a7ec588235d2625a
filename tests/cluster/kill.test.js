/**
 * Nodes are killed two at a time under load, and started again a moment later. Then everything that anybody saw is
 * checked, as after the kills of a single server; and meanwhile, whoever was on a dead node is offline within the lease.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { people } from '../lib/people.js';
import { median, pause, until } from '../lib/wait.js';
import { check, problems } from '../recovery/checker.js';
import { allPushed, peek, repeatSome } from '../recovery/crowd.js';
import { Member, RestSender } from '../recovery/member.js';
import { randomFrom } from '../recovery/random.js';
import { Record } from '../recovery/record.js';
import { allSay, lease, setUp } from './setup.js';
import { agreedView } from './views.js';
import { Watch } from './watch.js';

const pairs = Number(process.env.CLUSTER_KILLS ?? 16) / 2;
const fewestPairs = 2;  // However slow the machine; more only as long as there is time.
const longest = 120;  // Seconds.
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
// FerretDB reads a whole collection for each question: what counts is what is under way when a node dies.
const messagesPerSecond = 1;  // Of each member.
const burst = 4;  // Of each member, right before a node dies.
const deadline = 60_000;  // For what is promised to happen, but not how soon.

const { cluster, test } = await setUp();
after(() => cluster.destroy());

/** Where each member connects, and how: the balancer, or a node of its own, as polling without stickiness needs. */
const kinds = [
  { where: 'balancer', acks: true }, { where: 'balancer', acks: true }, { where: 'balancer', acks: true }, { where: 'balancer' },
  { where: 0, transports: ['polling', 'websocket'] }, { where: 1, transports: ['polling'], acks: true },
];

/** A record that also knows the longest time without an acknowledgement that a member had. */
class TimedRecord extends Record {
  longestGap = 0;
  last = new Map();

  acknowledged(member, send, message, from) {
    const now = Date.now();
    if (!this.isOver) this.longestGap = Math.max(this.longestGap, now - (this.last.get(member.id) ?? now));
    this.last.set(member.id, now);
    super.acknowledged(member, send, message, from);
  }
}

async function crowd(record) {
  const persons = await people(cluster, ...kinds.map(() => 'crowd'), 'rest');
  const writer = persons.at(-1);
  const members = kinds.map(({ where, ...options }, index) =>
    new Member(where === 'balancer' ? cluster : cluster.nodes[where], persons[index], record, randomFrom(seed + 1 + index), { ...options, patient: true, window: burst + 1 }));
  members.forEach((member) => record.addReceiver(member));
  members.forEach((member) => member.start(persons.filter((other) => other.id !== member.id && other !== writer), messagesPerSecond));
  const rest = new RestSender(cluster, writer, record, 400);
  rest.start(persons.slice(0, 3));
  return { persons, members, rest };
}

/** What the crowd has under way when a node dies, and how many kills there were. */
const tally = { kills: 0, underWay: 0, startsGivenUp: 0 };

/** One node, then another before the first one's lease is over; never while somebody may be telling of a death. */
async function killTwo(watch, members, random) {
  const first = random.below(3);
  const second = (first + 1 + random.below(2)) % 3;
  for (const index of [first, second]) await watch.settle(index);
  const began = Date.now();
  const death = await killAndRestart(first, watch, members, random);
  await pause(random.below(300));
  if (Date.now() - began > lease / 2) await death.seen;
  const next = await killAndRestart(second, watch, members, random);
  await Promise.all([death.seen, next.seen]);
}

/** {seen}: settles when everybody has noticed the death, which this does not wait for. */
async function killAndRestart(index, watch, members, random) {
  for (const member of members) for (let count = 0; count < burst; count += 1) member.produce();
  await pause(random.below(100));
  tally.kills += 1;
  tally.underWay += members.reduce((sum, member) => sum + member.pending.length, 0);
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
  const record = new TimedRecord();
  console.log(`kill test: seed ${seed} (CRASH_SEED=${seed} repeats it)`);
  const watch = await Watch.start(cluster);
  const { persons, members, rest } = await crowd(record);
  t.after(closeDevices);
  t.after(() => members.forEach((member) => member.close()));
  let done = false;
  t.after(() => {
    done = true;
    watch.isOver = true;
    rest.abandon();
  });
  const peeking = peek(record, persons, randomFrom(seed + 99), () => done, 400);

  const began = Date.now();
  const elapsed = () => Math.round((Date.now() - began) / 1000);
  for (let pair = 0; pair < pairs && (pair < fewestPairs || elapsed() < longest); pair += 1) await killTwo(watch, members, random);
  const seconds = elapsed();
  record.isOver = true;

  members.forEach((member) => member.quiet());
  await rest.quiet();
  await allSettled(members, deadline);
  repeatSome(members, record, random);
  await allSettled(members, deadline);
  for (const member of members) await member.caughtUp(deadline);
  await allPushed(members, record, deadline);
  await watch.finish();
  done = true;
  await peeking;
  for (const member of members) await allSay(cluster, member.person, true, deadline);
  members.forEach((member) => member.close());
  for (const member of members) await allSay(cluster, member.person, false, deadline);

  const seen = { ...record, ...(await agreedView(cluster, persons, deadline)) };
  const findings = check(seen);
  findings.reordered = check({ ...seen, sends: seen.sends.filter((send) => !send.wasRefused) }).reordered;
  report(seconds, record, seen, findings, members, watch);
  assert.deepEqual(record.refused, []);
  assert.deepEqual(problems(findings).slice(0, 40), []);
  assert.deepEqual(watch.problems, []);
  assert.ok(tally.underWay > 0 && watch.told > 0 && record.acknowledgedCount >= 5 * tally.kills, 'there was something to lose');
});

async function allSettled(members, ms) {
  for (const [index, member] of members.entries()) {
    await member.settled(ms).catch((error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(kinds[index])}, waits for ${member.pending.map((send) => send.clientId)}\n${cluster.tails()}`);
    });
  }
}

function report(seconds, record, { stored }, findings, members, watch) {
  const messages = [...stored.values()].reduce((sum, list) => sum + list.length, 0);
  const reconnects = members.reduce((sum, member) => sum + member.connection - 1, 0);
  console.log(`kill test: ${tally.kills} kills in ${seconds} s, ${tally.underWay} under way when one died, ${record.acknowledgedCount} acknowledged, ${messages} stored, ${findings.lost.length} lost, ` +
    `${findings.duplicated.length} duplicated, ${findings.reordered.length + findings.disordered.length} reordered, ${reconnects} reconnects, ` +
    `${record.sends.filter((send) => send.wasRefused).length} refused for a while, ${tally.startsGivenUp} starts given up, ` +
    `longest gap ${record.longestGap} ms, ${watch.told} told of a death, dead node's users offline after ${median(watch.delays)} ms (median), ${Math.max(0, ...watch.delays)} ms (most)`);
}
