/** Retries, backoff, exhausted attempts, hopeless errors and poison. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { patience, until } from '../lib/wait.js';
import { forBoth, told } from './scene.js';

/** What passed between the runs of a job, in ms. */
const gaps = (times) => times.slice(1).map((at, i) => at - times[i]);

forBoth(hooks, 'failing', (scene) => {
  test('ours rests as long as Node says before each run', async () => {
    const worker = await scene().work('--fails', 2, '--concurrency', 4);
    const add = (backoff) => scene().queue.add('task', {}, { attempts: 3, ...(backoff && { backoff }) });
    const jobs = [await add({ type: 'exponential', delay: 200 }), await add({ type: 'fixed', delay: 150 }), await add()];
    await scene().settled({ completed: 3 });
    await told(9, 'active', worker);
    const [exponential, fixed, none] = jobs.map((job) => gaps(worker.all('active', job.id).map((event) => event.at)));
    assert.ok(exponential[0] >= 200 && exponential[1] >= 400 && exponential[1] < 1400 * patience, `${exponential}`);
    assert.ok(fixed[0] >= 150 && fixed[1] >= 150 && fixed[1] < 1000 * patience, `${fixed}`);
    assert.ok(none[0] < 1000 * patience && none[1] < 1000 * patience, `${none}`);
    const job = await scene().queue.getJob(jobs[0].id);
    assert.deepEqual([job.attemptsMade, job.attemptsStarted, job.stacktrace.length, job.failedReason], [3, 3, 2, 'failure 2']);
  });

  test('Node retries what ours added', async () => {
    const [{ id }] = await scene().produce(1, { options: { attempts: 3, backoff: { type: 'exponential', delay: 100 } } });
    const times = [];
    scene().nodeWorker(async (job) => {
      times.push(Date.now());
      if (job.attemptsMade < 2) throw new Error('not yet');
      return 'at last';
    });
    await scene().settled({ completed: 1 });
    const between = gaps(times);
    assert.ok(between[0] >= 100 && between[1] >= 200, `${between}`);
    const job = await scene().queue.getJob(id);
    assert.deepEqual([job.attemptsMade, job.returnvalue], [3, 'at last']);
  });

  test('exhausted attempts end in failed, and are told, both ways', async () => {
    const heard = await scene().listen();
    const ours = await scene().work('--fails', 99);
    const job = await scene().queue.add('task', {}, { attempts: 2 });
    await scene().settled({ failed: 1 });
    const failed = await scene().queue.getJob(job.id);
    assert.deepEqual([failed.failedReason, failed.attemptsMade, failed.stacktrace.length], ['failure 2', 2, 2]);
    await until(() => heard.of(job.id).includes('retries-exhausted'), { what: 'retries-exhausted' });
    await ours.stop();
    scene().nodeWorker(async () => { throw new Error('never'); });
    const [{ id }] = await scene().produce(1, { options: { attempts: 2 } });
    await scene().settled({ failed: 2 });
    await until(() => heard.of(id).includes('retries-exhausted'), { what: 'retries-exhausted' });
    assert.equal((await scene().control('counts')).failed, 2);
  });

  test('what is not worth another run fails at once, both ways', async () => {
    const heard = await scene().listen();
    const ours = await scene().work('--fails', 99, '--hopeless');
    const job = await scene().queue.add('task', {}, { attempts: 5 });
    await scene().settled({ failed: 1 });
    assert.deepEqual(await scene().queue.getJob(job.id).then((one) => [one.failedReason, one.attemptsMade]), ['hopeless', 1]);
    assert.ok(!heard.of(job.id).includes('retries-exhausted'));
    await ours.stop();
    scene().nodeWorker(async () => { throw new (scene().bullmq.UnrecoverableError)('hopeless'); });
    const [{ id }] = await scene().produce(1, { options: { attempts: 5 } });
    await scene().settled({ failed: 2 });
    assert.equal((await scene().queue.getJob(id)).attemptsMade, 1);
  });

  test('a failed job runs again when anybody asks for it', async () => {
    const ours = await scene().work('--fails', 1);
    const { id } = await scene().queue.add('task', {});
    await scene().settled({ failed: 1 });
    await (await scene().queue.getJob(id)).retry();
    await scene().settled({ failed: 0, completed: 1 });
    const second = await scene().queue.add('task', {});
    await scene().settled({ failed: 1, completed: 1 });
    await scene().control('retry', second.id);
    await scene().settled({ failed: 0, completed: 2 });
    assert.equal((await told(4, 'active', ours)).filter((event) => event.id === second.id).length, 2);
  });

  test('poison fails, and the worker lives on', async () => {
    const client = await scene().redis.client();
    const key = `bull:${scene().name}:`;
    const poison = {
      'bad-data': { name: 'task', data: '{"a":', opts: '{"attempts":5}', timestamp: '1', delay: '0', priority: '0' },
      'bad-opts': { name: 'task', data: '{}', opts: 'null', timestamp: '1', delay: '0', priority: '0' },
      'bad-numbers': { name: 'task', data: '{', opts: '{"attempts":"x","backoff":[]}', timestamp: 'x', delay: '', priority: 'y', atm: '-' },
    };
    for (const [id, hash] of Object.entries(poison)) {
      await client.hSet(key + id, hash);
      await client.lPush(`${key}wait`, id);
    }
    await client.lPush(`${key}wait`, 'no-hash');
    const worker = await scene().work('--stalled', 500);
    const good = await scene().queue.add('task', {});
    await worker.saw('completing', good.id);
    await until(async () => (await client.zCard(`${key}failed`)) === 3, { what: 'three failed jobs' });
    assert.match(await client.hGet(`${key}bad-data`, 'failedReason'), /unreadable data/);
    assert.match(await client.hGet(`${key}bad-opts`, 'failedReason'), /unreadable options/);
    assert.equal(await client.lLen(`${key}active`), 0);
    const last = await worker.stop();
    assert.equal(last.failed, 3);
  });
});
