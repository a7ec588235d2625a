/** Workers that die, and locks that are lost. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { until } from '../lib/wait.js';
import { forBoth, told } from './scene.js';

const timing = { lockDuration: 800, stalledInterval: 700 };
const ours = ['--lock', 800, '--stalled', 700];

forBoth(hooks, 'stalling', (scene) => {
  test('Node dies by SIGKILL, ours rescues the job and does it', async () => {
    const heard = await scene().listen();
    const victim = await scene().nodeProcess({ ...timing, takes: 60_000 });
    const { id } = await scene().queue.add('task', {});
    await victim.saw('active', id);
    await victim.kill();
    const rescuer = await scene().work(...ours);
    await rescuer.saw('completing', id);
    await scene().settled({ completed: 1, active: 0 });
    await until(() => heard.of(id).includes('completed'), { what: 'completed' });
    assert.ok(heard.of(id).includes('stalled'));
    const job = await scene().queue.getJob(id);
    assert.deepEqual([job.attemptsStarted, job.attemptsMade, job.stalledCounter], [2, 1, 1]);
    assert.equal((await rescuer.stop()).rescued, 1);
  });

  test('ours dies by SIGKILL, Node rescues the job and does it', async () => {
    const heard = await scene().listen();
    const victim = await scene().work(...ours, '--takes', 60_000);
    const [{ id }] = await scene().produce(1);
    await victim.saw('active', id);
    await victim.kill();
    const rescuer = await scene().nodeProcess(timing);
    await rescuer.saw('completing', id);
    await scene().settled({ completed: 1, active: 0 });
    await until(() => heard.of(id).includes('stalled'), { what: 'stalled' });
    const job = await scene().queue.getJob(id);
    assert.deepEqual([job.attemptsStarted, job.attemptsMade, job.stalledCounter], [2, 1, 1]);
  });

  test('a job that stalls too often fails, and is not run', async () => {
    const { id } = await scene().queue.add('task', {});
    for (let i = 0; i < 2; ++i) {
      const victim = await scene().work(...ours, '--takes', 60_000);
      await victim.saw('active', id);
      await victim.kill();
    }
    const rescuer = await scene().work(...ours);
    await scene().settled({ failed: 1, active: 0 });
    const job = await scene().queue.getJob(id);
    assert.equal(job.failedReason, 'job stalled more than allowable limit');
    assert.deepEqual(rescuer.all('active', id), []);
  });

  test('a long job keeps its lock while others look for stalled ones', async () => {
    const worker = await scene().work(...ours, '--takes', 3000);
    const onlooker = await scene().nodeProcess(timing);
    const { id } = await scene().queue.add('task', {});
    await scene().settled({ completed: 1 });
    assert.equal((await told(1, 'active', worker, onlooker)).length, 1);
    assert.equal((await scene().queue.getJob(id)).stalledCounter, 0);
  });

  test('a job whose lock is taken away is done once, and not ended twice', async () => {
    const worker = await scene().work(...ours, '--takes', 1500, '--concurrency', 1);
    const { id } = await scene().queue.add('task', {});
    await worker.saw('active', id);
    const client = await scene().redis.client();
    await client.del(`bull:${scene().name}:${id}:lock`);
    await scene().settled({ completed: 1, active: 0 });
    const last = await worker.stop();
    assert.deepEqual([last.completed, last.lost, last.rescued], [1, 1, 1]);
    assert.equal(worker.all('active', id).length, 2);
  });

  test('SIGTERM gives back what is not done in time, and nothing counts', async () => {
    const heard = await scene().listen();
    const worker = await scene().work('--takes', 60_000, '--grace', 100, '--concurrency', 2);
    const jobs = [await scene().queue.add('task', {}), await scene().queue.add('task', {})];
    for (const job of jobs) await worker.saw('active', job.id);
    const last = await worker.stop();
    assert.deepEqual([last.givenBack, last.completed, last.failed], [2, 0, 0]);
    await scene().settled({ waiting: 2, active: 0 });
    scene().nodeWorker(async () => 'done');
    await scene().settled({ completed: 2 });
    for (const job of jobs) {
      assert.equal((await scene().queue.getJob(job.id)).attemptsMade, 1);
      assert.ok(!heard.of(job.id).includes('stalled'));
    }
  });

  test('SIGTERM waits for what is done soon', async () => {
    const worker = await scene().work('--takes', 500);
    const { id } = await scene().queue.add('task', {});
    await worker.saw('active', id);
    const last = await worker.stop();
    assert.deepEqual([last.givenBack, last.completed], [0, 1]);
    await scene().settled({ completed: 1 });
  });
});
