/** Redis goes and comes back while workers wait, and while they work. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { until } from '../lib/wait.js';
import { forBoth, told } from './scene.js';

forBoth(hooks, 'restarting', (scene, redis) => {
  test('workers that wait come back by themselves, and lose nothing', async () => {
    const worker = await scene().work();
    await scene().queue.add('task', {});
    await scene().settled({ completed: 1, active: 0 });
    await redis().kill();
    await redis().start();
    const { id } = await scene().queue.add('task', {});
    await worker.saw('completing', id, 10_000);
    await scene().settled({ completed: 2, active: 0 });
  });

  test('a job that runs when Redis restarts is done once', async () => {
    const worker = await scene().work('--takes', 700, '--lock', 10_000, '--stalled', 10_000);
    const { id } = await scene().queue.add('task', {});
    await worker.saw('active', id);
    await redis().restart();
    await scene().settled({ completed: 1, active: 0 });
    assert.equal((await told(1, 'active', worker)).length, 1);
  });

  test('200 jobs through both workers and three restarts: none is lost', async () => {
    const workers = [
      await scene().nodeProcess({ concurrency: 4, takes: 15, lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 20 }),
      await scene().work('--concurrency', 4, '--takes', 15, '--lock', 2000, '--stalled', 1000, '--max-stalled', 20),
    ];
    await scene().produce(200);
    for (let i = 1; i <= 3; ++i) {
      await scene().settledAtLeast(i * 30);
      await redis().restart();
    }
    await scene().settled({ completed: 200, active: 0, waiting: 0, failed: 0, delayed: 0 }, 60_000);
    const runs = () => workers.flatMap((worker) => worker.all('active').map((event) => event.id));
    await until(() => new Set(runs()).size === 200, { what: '200 jobs told' });
    const jobs = await scene().queue.getJobs(['completed'], 0, 999);
    for (const job of jobs) {
      const times = runs().filter((id) => id === job.id).length;
      assert.ok(times <= 1 + job.stalledCounter, `job ${job.id} ran ${times} times and stalled ${job.stalledCounter} times`);
    }
  });
}, { persistent: true });
