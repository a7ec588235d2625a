/**
 * A node is killed every few seconds under load, and started again a moment later. Then everything that anybody saw is
 * checked, as after the kills of a single server; and meanwhile, whoever was on a dead node is offline within the lease.
 */
import assert from 'node:assert/strict';
import { after } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { median, pause } from '../lib/wait.js';
import { check, problems } from '../recovery/checker.js';
import { allPushed, peek, readBack, repeatSome } from '../recovery/crowd.js';
import { Member, RestSender } from '../recovery/member.js';
import { randomFrom } from '../recovery/random.js';
import { Record } from '../recovery/record.js';
import { allSay, at, heard, lease, setUp } from './setup.js';

const seconds = Number(process.env.CLUSTER_KILL_SECONDS ?? 60);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const between = 3000;  // From one kill to the next, in milliseconds.
const messagesPerSecond = 8;  // Of each member: FerretDB does some hundred commands a second.
const slack = 1000;

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
    new Member(where === 'balancer' ? cluster : cluster.nodes[where], persons[index], record, randomFrom(seed + 1 + index), { ...options, patient: true }));
  members.forEach((member) => record.addReceiver(member));
  members.forEach((member) => member.start(persons.filter((other) => other.id !== member.id && other !== writer), messagesPerSecond));
  const rest = new RestSender(cluster, writer, record, 100);
  rest.start(persons.slice(0, 3));
  return { persons, members, rest };
}

/** On each node somebody who never comes back by himself, and a guard who watches all of these. */
class Watch {
  static async start() {
    const watch = new Watch();
    watch.sleepers = await people(cluster, ...cluster.nodes.map(() => 'sleeper'));
    watch.guards = await people(cluster, ...cluster.nodes.map(() => 'guard'));
    for (const guard of watch.guards) for (const sleeper of watch.sleepers) await say(guard, sleeper, 'we know each other');
    watch.devices = [];
    for (const [index, node] of cluster.nodes.entries()) {
      const device = new Device(node, watch.guards[index], { reconnect: true, ioOptions: { randomizationFactor: 0 } });
      await device.connect();
      watch.devices.push(device);
    }
    return watch;
  }

  checks = [];
  delays = [];

  /** A sleeper is on that node when this returns, and everybody knows. */
  async settle(index) {
    await Promise.all(this.checks.filter((each) => each.index === index).map((each) => each.done));
    await Device.connect(cluster.nodes[index], this.sleepers[index]);
    await allSay(cluster, this.sleepers[index], true, lease + slack);
  }

  /** The node was killed now. */
  killed(index) {
    this.checks.push({ index, done: this.goesOffline(index, Date.now()).catch((error) => this.problems.push(error.message)) });
  }

  problems = [];

  async goesOffline(index, killedAt) {
    const sleeper = this.sleepers[index];
    const guards = this.devices.filter((device, at) => at !== index).map((device) => ({ device, drops: device.drops.length, before: heard(device, 'user_offline', sleeper) }));
    const late = () => Date.now() - killedAt > lease + slack;
    await Promise.all(cluster.nodes.filter((_, other) => other !== index).map((node) => this.untilOffline(index, node, killedAt, late)));
    while (!late()) await pause(100);
    for (const { device, drops, before } of guards) {
      const news = heard(device, 'user_offline', sleeper) - before;
      if (device.drops.length === drops && news !== 1) throw new Error(`node ${index} died, and a guard elsewhere heard ${news} times of it`);
    }
  }

  /** Asks a node until it says so, or is dead, too. */
  async untilOffline(index, node, killedAt, late) {
    const { id, rest } = at(node, this.sleepers[index]);
    for (;;) {
      const asked = Date.now();
      const online = await rest.get(`/api/users/${id}/last-seen`).then(({ body }) => body.online, () => undefined);
      if (online === false) this.delays.push(asked - killedAt);
      if (!online) return;
      if (late()) throw new Error(`node ${index} died, and its user is online after ${Date.now() - killedAt} ms`);
      await pause(100);
    }
  }

  async finish() {
    await Promise.all(this.checks.map((each) => each.done));
  }
}

async function killAndRestart(watch, random, last) {
  const index = random.pick([0, 1, 2].filter((each) => each !== last));
  await watch.settle(index);
  const began = Date.now();
  await cluster.kill(index);
  watch.killed(index);
  await pause(300 + random.below(900));
  await cluster.nodes[index].start();
  await pause(Math.max(0, between - (Date.now() - began)) + random.below(400));
  return index;
}

test(`nothing acknowledged is lost while nodes are killed for ${seconds} s`, async (t) => {
  const random = randomFrom(seed);
  const record = new TimedRecord();
  console.log(`kill test: seed ${seed} (CRASH_SEED=${seed} repeats it)`);
  const watch = await Watch.start();
  const { persons, members, rest } = await crowd(record);
  t.after(closeDevices);
  t.after(() => members.forEach((member) => member.close()));
  let done = false;
  t.after(() => (done = true));
  const peeking = peek(record, persons, randomFrom(seed + 99), () => done, 150);

  const end = Date.now() + seconds * 1000;
  let kills = 0;
  for (let last; Date.now() < end; kills += 1) last = await killAndRestart(watch, random, last);
  record.isOver = true;

  const deadline = 30_000;
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
  for (const member of members) await allSay(cluster, member.person, true);
  members.forEach((member) => member.close());
  for (const member of members) await allSay(cluster, member.person, false);

  const seen = { ...record, ...(await readWhenQuiet(persons)) };
  const findings = check(seen);
  findings.reordered = check({ ...seen, sends: seen.sends.filter((send) => !send.wasRefused) }).reordered;
  report(kills, record, seen, findings, members, watch);
  assert.deepEqual(record.refused, []);
  assert.deepEqual(problems(findings).slice(0, 40), []);
  assert.deepEqual(watch.problems, []);
  for (const node of cluster.nodes) {
    const there = await readWhenQuiet(persons.map((who) => at(node, who)));
    assert.deepEqual(there, seen, 'all nodes show the same');
  }
});

async function allSettled(members, ms) {
  for (const [index, member] of members.entries()) {
    await member.settled(ms).catch((error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(kinds[index])}, waits for ${member.pending.map((send) => send.clientId)}\n${cluster.tails()}`);
    });
  }
}

/** The last receipts may be under way while the first person's view is read. */
async function readWhenQuiet(persons) {
  for (let patience = 20; ; patience -= 1) {
    try {
      return await readBack(persons);
    } catch (error) {
      if (patience === 0) throw error;
      await pause(250);
    }
  }
}

function report(kills, record, { stored }, findings, members, watch) {
  const messages = [...stored.values()].reduce((sum, list) => sum + list.length, 0);
  const reconnects = members.reduce((sum, member) => sum + member.connection - 1, 0);
  console.log(`kill test: ${kills} kills in ${seconds} s, ${record.acknowledgedCount} acknowledged, ${messages} stored, ${findings.lost.length} lost, ` +
    `${findings.duplicated.length} duplicated, ${findings.reordered.length + findings.disordered.length} reordered, ${reconnects} reconnects, ` +
    `${record.sends.filter((send) => send.wasRefused).length} refused for a while, ` +
    `longest gap ${record.longestGap} ms, dead node's users offline after ${median(watch.delays)} ms (median), ${Math.max(0, ...watch.delays)} ms (most)`);
}
