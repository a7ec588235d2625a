/** Our queue on Redis, shared with Node's bullmq; Redis restarted; many jobs through workers of both kinds. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Queue, Worker } from 'bullmq';

import { BullBoard } from '../lib/bull_board.js';
import { say } from '../lib/people.js';
import { until } from '../lib/wait.js';
import { Place, kindsToTest } from './place.js';

const [{ skip }] = await kindsToTest('inside');

const connectionTo = (place) => ({ host: '127.0.0.1', port: place.redis.port, maxRetriesPerRequest: null });

describe('the queue on Redis, shared with Node', { skip }, () => {
  let place;
  let queue;
  before(async () => {
    place = await Place.start('inside');
    queue = new Queue('email-queue', { connection: connectionTo(place) });
    queue.on('error', () => {}); // Redis is restarted.
  });
  after(async () => {
    await queue?.close();
    await place?.stop();
  });

  test('a Node producer\'s job is done by ours', async () => {
    const [ann, bob] = await place.people('ann', 'bob');
    await queue.pause();
    await say(ann, bob, 'hello');
    await until(async () => (await queue.getPrioritizedCount()) === 1, { what: 'our own job' });
    await queue.drain();
    await queue.add('send-email', { receiverId: bob.id, senderId: ann.id, messageContent: 'hello' });
    await queue.resume();
    assert.match((await place.smtp.next(bob.email)).text, /hello/);
  });

  test('ours has the data and options that a Node worker expects', async () => {
    const [ann, bob] = await place.people('ann', 'bob');
    await queue.pause();
    const message = await say(ann, bob, 'for Node');
    const [job] = await until(async () => {
      const jobs = await queue.getPrioritized();
      return jobs.length === 1 && jobs;
    }, { what: 'the job' });
    assert.equal(job.name, 'send-email');
    assert.deepEqual(job.data, { receiverId: bob.id, senderId: ann.id, messageContent: 'for Node' });
    assert.equal(job.id, `${message.conversationId}-${message._id}`);
    assert.equal(job.opts.attempts, 5);
    assert.equal(job.opts.removeOnComplete, true);
    assert.equal(job.opts.backoff.type, 'exponential');
    const { body } = await new BullBoard(queue).get('/api/queues');
    assert.equal(body.queues[0].name, 'email-queue');
    assert.equal(body.queues[0].counts.prioritized, 1);
    await queue.drain();
    await queue.resume();
  });

  test('what a Node producer adds and nobody can do fails, and the worker goes on', async () => {
    const [ann, bob] = await place.people('ann', 'bob');
    await queue.add('dance', { receiverId: bob.id });
    await queue.add('send-email', { receiverId: 5 });
    await queue.add('send-email', 'a string');
    await say(ann, bob, 'goes on');
    await place.smtp.next(bob.email);
    await place.counted({ failed: 3, waiting: 0, prioritized: 0, active: 0 });
    const failed = await queue.getFailed();
    assert.ok(failed.every((job) => job.failedReason && job.attemptsMade === 1));
    for (const { id } of failed) await place.jobs('remove', id);
    assert.equal(await queue.getFailedCount(), 0);
  });

  test('the command line and Node agree about the queue', async () => {
    await place.jobs('pause');
    assert.equal(await queue.isPaused(), true);
    const added = await queue.add('send-email', { receiverId: 'nobody' }, { delay: 60_000 });
    await queue.add('send-email', { receiverId: 'nobody' }, { priority: 3 });
    await queue.add('send-email', { receiverId: 'nobody' });
    const { waiting, delayed, prioritized, paused } = await place.jobs('counts');
    assert.deepEqual({ waiting, delayed, prioritized, paused }, { waiting: 1, delayed: 1, prioritized: 1, paused: true });
    assert.equal((await place.jobs('show', added.id)).jobs[0].state, 'delayed');
    await place.jobs('drain', '--yes');
    assert.deepEqual(await queue.getJobCounts('wait', 'prioritized', 'delayed'), { wait: 0, prioritized: 0, delayed: 1 });
    await place.jobs('drain', '--yes', '--delayed');
    assert.equal(await queue.getDelayedCount(), 0);
    await place.jobs('resume');
    assert.equal(await queue.isPaused(), false);
  });

  test('Redis restarts while workers wait, and messages go on; mails follow', async () => {
    const [ann, bob, cid] = await place.people('ann', 'bob', 'cid');
    await place.redis.kill();
    await say(ann, bob, 'while Redis was away');
    await place.redis.start();
    await say(ann, cid, 'afterwards');
    for (const one of [bob, cid]) await place.smtp.next(one.email, 1, 30_000);
    await place.idle();
    assert.deepEqual([bob, cid].map((one) => place.smtp.to(one.email).length), [1, 1]);
  });
});

describe('workers apart', { skip }, () => {
  /** Runs `body(place, queue)`, and ends Node's side before Redis ends. */
  async function withQueue(workers, body) {
    const place = await Place.start('apart', { workers });
    const queue = new Queue('email-queue', { connection: connectionTo(place) });
    try {
      await body(place, queue);
    } finally {
      await queue.close();
      await place.stop();
    }
  }

  /** Runs `body()` beside a Node worker that does each job by `work`. */
  async function beside(place, work, body) {
    const worker = new Worker('email-queue', work, { connection: connectionTo(place), concurrency: 4 });
    worker.on('error', () => {});
    try {
      await worker.waitUntilReady();
      await body();
    } finally {
      await worker.close();
    }
  }

  test('a Node worker does our jobs', () => withQueue(0, async (place, queue) => {
    const done = [];
    await beside(place, async (job) => { done.push(job.data); }, async () => {
      const [ann, bob] = await place.people('ann', 'bob');
      await say(ann, bob, 'by Node');
      await until(() => done.length === 1, { what: 'the job', ms: 15_000 });
      assert.deepEqual(done, [{ receiverId: bob.id, senderId: ann.id, messageContent: 'by Node' }]);
      await place.idle();
    });
    assert.equal(await queue.getFailedCount(), 0);
  }));

  test('1,000 mails through two workers of ours and one of Node: each is done once', () => withQueue(2, async (place, queue) => {
    const addresses = Array.from({ length: 1000 }, (_, index) => `customer${1000 + index}@example.org`);
    const [bob] = await place.people('bob');
    assert.equal((await place.command('user', 'promote', bob.email)).code, 0);
    await queue.pause();
    for (let start = 0; start < addresses.length; start += 100) {
      const part = addresses.slice(start, start + 100);
      const answers = await Promise.all(part.map((email) => bob.rest.post('/api/email/send', { email, content: 'hello' })));
      assert.deepEqual(answers.filter((answer) => answer.status !== 200).map((answer) => answer.text), []);
    }
    const nodeDid = [];
    await beside(place, async (job) => { nodeDid.push(job.data.email); }, async () => {
      await queue.resume();
      const done = () => nodeDid.length + place.smtp.mails.length;
      await until(() => done() >= addresses.length, { what: () => `1,000 mails; there were ${done()}`, ms: 60_000, every: 50 });
      await place.idle();
    });
    const all = [...nodeDid, ...place.smtp.mails.map((mail) => mail.envelope.to[0])];
    assert.deepEqual(all.sort(), addresses);
    assert.ok(nodeDid.length > 0 && nodeDid.length < 1000, `Node did ${nodeDid.length}`);
    assert.equal(await queue.getFailedCount(), 0);
  }));
});
