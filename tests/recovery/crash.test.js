/** Kills the server at random moments under load, and checks every promise afterwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Server, parley } from '../lib/server.js';
import { median, patience, pause, until } from '../lib/wait.js';
import { check, problems } from './checker.js';
import { allPushed, gather, peek, readBack, repeatSome, write } from './crowd.js';
import { randomFrom } from './random.js';
import { Record } from './record.js';

const kills = Number(process.env.CRASH_KILLS ?? 40);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
/** Before every second kill nobody writes for so long, give or take a half: from 10 s on the store tidies itself meanwhile. */
const restMs = Number(process.env.CRASH_REST_MS ?? 0);

async function breathe(crew, random) {
  crew.members.forEach((member) => member.quiet());
  await crew.rest.quiet();
  await pause(restMs / 2 + random.below(restMs));
}

/** SIGKILL at a moment that the seed gives; one in five hits the start-up. */
async function killOnce(server, record, random, index, crew) {
  const rests = restMs > 0 && index % 2 === 1;
  if (rests) {
    await breathe(crew, random);
  } else if (index % 5 === 4) {
    await server.kill();
    server.launch();
    await pause(random.below(120));
  } else {
    const before = record.acknowledgedCount;
    await until(() => record.acknowledgedCount >= before + 100, { what: () => `progress\n${server.tail()}`, ms: 20_000 });
    await pause(random.below(900));
  }
  await server.kill();
  await server.start();
  if (rests) write(crew);
}

test(`nothing that was acknowledged is lost in ${kills} kills`, { timeout: 240_000 * patience + 2 * restMs * kills }, async (t) => {
  const server = await Server.start();
  t.after(() => server.destroy());
  const random = randomFrom(seed);
  const record = new Record();
  console.log(`crash test: seed ${seed} (CRASH_SEED=${seed} repeats it)`);
  const crew = await gather(server, record, seed);  // Many kills take long: their tokens are good for a day.
  write(crew);
  const { persons, members, rest } = crew;
  t.after(() => members.forEach((member) => member.close()));
  let done = false;
  const peeking = peek(record, persons, randomFrom(seed + 99), () => done);
  t.after(() => (done = true));

  const starts = [];
  for (let index = 0; index < kills; index += 1) {
    await killOnce(server, record, random, index, crew);
    starts.push(server.startMs);
  }

  const deadline = 30_000;
  await until(() => record.acknowledgedCount > 0, { what: 'progress' });
  members.forEach((member) => member.quiet());
  await rest.quiet();
  for (const member of members) await member.settled(deadline);
  repeatSome(members, record, random);
  for (const member of members) await member.settled(deadline);
  for (const member of members) await member.caughtUp(deadline);
  await allPushed(members, record, deadline);
  done = true;
  await peeking;

  const seen = { ...record, ...(await readBack(persons)) };
  const findings = check(seen);
  report(starts, record, seen, findings);
  assert.deepEqual(record.refused, []);
  assert.deepEqual(problems(findings), []);
  await checkStoreAndRestart(server, members, persons);
});

function report(starts, record, { stored }, findings) {
  const messages = [...stored.values()].reduce((sum, list) => sum + list.length, 0);
  const resent = record.sends.filter((send) => send.acks.length > 1).length;
  console.log(`crash test: ${starts.length} kills, ${record.acknowledgedCount} acknowledged, ${messages} stored, ${findings.lost.length} lost, ` +
    `${findings.duplicated.length} duplicated, ${findings.reordered.length + findings.disordered.length} reordered, ${resent} repeated, ` +
    `${record.statuses.length} statuses seen, restart ${median(starts).toFixed(0)} ms (median)`);
}

async function checkStoreAndRestart(server, members, persons) {
  members.forEach((member) => member.close());
  const before = await readBack(persons);
  const ended = await server.stop();
  assert.deepEqual([ended.code, ended.signal], [0, null], server.tail());
  const verified = await parley(['verify-store', '--data-dir', server.dataDir], { deadline: 60_000 });
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  await server.start();
  assert.deepEqual(await readBack(persons), before);
}
