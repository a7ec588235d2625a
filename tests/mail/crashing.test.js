/** Programs that die with mails under way, and programs that are asked to stop: no mail is lost. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { Place, kindsToTest } from './place.js';

describe('a server that dies, embedded', () => {
  let place;
  before(async () => { place = await Place.start('embedded'); });
  after(() => place?.stop());

  test('has a mail for every message it acknowledged, whenever it was killed', async () => {
    const [rounds, together, workers] = [4, 10, 4];
    place.smtp.mood = 'slow';
    place.smtp.delay = 20;
    const ann = await place.person('ann');
    const told = [];
    for (let round = 0; round < rounds; round += 1) {
      const batch = await Promise.all(Array.from({ length: together }, () => place.person()));
      const before = told.length;
      // Who is not answered may have a message, and a mail, or not.
      const sent = batch.map((bob) => say(ann, bob, `round ${round}`).then(() => told.push(bob), () => {}));
      await Promise.race([Promise.all(sent), until(() => told.length >= before + 2 + round, { what: 'answers' })]);
      await place.server.restart();
      await Promise.all(sent);
    }
    await place.idle();
    for (const bob of told) await place.smtp.next(bob.email);
    await place.idle();
    assert.deepEqual(await place.listed('failed'), []);
    assert.ok(told.length >= 2 * rounds, `${told.length} messages were acknowledged`);
    // Who died with a mail under way cannot know whether it went: it may go again, and the log tells.
    const again = told.reduce((sum, bob) => sum + place.smtp.to(bob.email).length - 1, 0);
    assert.ok(again <= rounds * workers, `${again} mails went again after ${rounds} kills with ${workers} at a time`);
    if (again > 0) assert.match(place.log(), /they run again/);
  });

  test('sends a mail that was under way in three kills, by itself, and says so', async () => {
    const [ann, bob] = await place.people('ann', 'bob');
    place.smtp.treat(bob.email, 'hold');
    await say(ann, bob, 'held');
    for (let kills = 0; kills < 3; kills += 1) {
      await place.smtp.refuses(bob.email, kills + 1);
      const { jobs: [running] } = await place.jobs('list', '--state', 'active');
      assert.equal(running.data.receiverId, bob.id);
      assert.equal((await place.jobs('show', running.id)).jobs[0].stalledCount, kills);
      if (kills === 2) place.smtp.treat(bob.email, 'accept');
      await place.server.restart();
    }
    assert.match((await place.smtp.next(bob.email)).text, /held/);
    await place.idle();
    assert.equal(place.smtp.to(bob.email).length, 1);
    assert.deepEqual(await place.listed('failed'), []);
    assert.ok(place.log().match(/they run again/g).length >= 3, place.tail());
  });

  test('keeps what waits, what rests and what failed', async () => {
    const [ann, bob, cid, dan] = await place.people('ann', 'bob', 'cid', 'dan');
    place.smtp.treat(bob.email, '5xx');
    await say(ann, bob, 'fails');
    await place.failedFor(bob);
    await place.jobs('pause');
    await say(ann, cid, 'waits');
    await say(ann, dan, 'waits, too');
    await place.counted({ prioritized: 2, failed: 1, active: 0 });
    const before = await place.jobs('counts');
    await place.server.restart();
    assert.deepEqual(await place.jobs('counts'), before);
    await place.server.stop();
    assert.deepEqual(await place.jobs('counts'), before, 'asked of the files, when no server runs');
    await place.server.start();
    await place.jobs('resume');
    for (const one of [cid, dan]) await place.smtp.next(one.email);
    place.smtp.treat(bob.email, 'accept');
    assert.equal((await place.jobs('retry', '--all')).done, 1);
    await place.smtp.next(bob.email);
  });
});

for (const { kind, skip } of await kindsToTest('embedded', 'inside', 'apart')) {
  test(`SIGTERM with mails under way: each goes once, ${kind}`, { skip }, async (t) => {
    const place = await Place.start(kind);
    t.after(() => place.stop());
    place.smtp.mood = 'slow';
    place.smtp.delay = 60;
    const ann = await place.person('ann');
    const all = await Promise.all(Array.from({ length: 12 }, () => place.person()));
    for (const bob of all) await say(ann, bob, 'soon');
    const [worker] = place.workers;
    if (worker) {
      worker.signal('SIGHUP');
      await until(() => worker.output.includes('SIGHUP: a worker has no files'), { what: () => worker.output });
      worker.signal('SIGTERM');
    }
    assert.equal((await (worker ? worker.ended : place.server.stop())).code, 0, place.tail());
    if (worker) await place.startWorker();
    else await place.server.start();
    for (const bob of all) await place.smtp.next(bob.email);
    await place.idle();
    assert.deepEqual(all.map((bob) => place.smtp.to(bob.email).length), all.map(() => 1), 'each once');
  });
}

/** As if the half minute had passed in which the lock of a worker that does nothing is good, and nobody looks for such jobs. */
async function passHalfAMinute(place, id) {
  const redis = await place.redis.client();
  await redis.del([`bull:email-queue:${id}:lock`, 'bull:email-queue:stalled-check']);
  await redis.sAdd('bull:email-queue:stalled', id);
  return redis;
}

for (const { kind, skip } of await kindsToTest('apart')) {
  test(`a worker that stands still in the middle of a mail, which another one sends meanwhile, does not end it, ${kind}`, { skip }, async (t) => {
    const place = await Place.start(kind);
    t.after(() => place.stop());
    const [ann, bob] = await place.people('ann', 'bob');
    place.smtp.delay = 300;
    place.smtp.treat(bob.email, 'rcpt-slow');
    await say(ann, bob, 'once');
    await place.smtp.refuses(bob.email);
    const [still] = place.workers;
    still.signal('SIGSTOP');
    place.smtp.treat(bob.email, 'accept');
    const [{ id }] = await place.listed('active');
    await passHalfAMinute(place, id);
    await place.startWorker();
    await place.smtp.next(bob.email);
    still.signal('SIGCONT');
    await until(() => still.output.includes("a job's lock is lost"), { what: () => still.output, ms: 20_000 });
    assert.equal(place.smtp.to(bob.email).length, 1);
    await until(() => place.smtp.openConnections === 1, { what: 'the end of the unfinished mail' });
    assert.equal(place.smtp.to(bob.email).length, 1);
    await place.idle();
    assert.deepEqual(await place.listed('failed'), []);
  });

  test(`a worker that is killed with a mail under way: another one sends it, ${kind}`, { skip }, async (t) => {
    const place = await Place.start(kind);
    t.after(() => place.stop());
    const [ann, bob, cid] = await place.people('ann', 'bob', 'cid');
    place.smtp.treat(bob.email, 'hold');
    await say(ann, bob, 'under way');
    await place.smtp.refuses(bob.email);
    await place.workers[0].kill();
    await say(ann, cid, 'meanwhile');
    const [{ id }] = await place.listed('active');
    place.smtp.treat(bob.email, 'accept');
    const redis = await passHalfAMinute(place, id);
    await place.startWorker();
    await place.smtp.next(cid.email);
    await place.smtp.next(bob.email);
    await place.idle();
    assert.deepEqual([bob, cid].map((one) => place.smtp.to(one.email).length), [1, 1]);
    const events = await redis.xRange('bull:email-queue:events', '-', '+');
    assert.deepEqual(events.filter(({ message }) => message.event === 'stalled').map(({ message }) => message.jobId), [id]);
    assert.equal(await place.metric('parley_jobs_total', 'outcome="rescued"'), 1);
  });
}
