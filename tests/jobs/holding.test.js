/** Pausing, limits, and whoever else may hold jobs up. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { pause as rest, until } from '../lib/wait.js';
import { forBoth, modules, Scene, told } from './scene.js';

forBoth(hooks, 'holding', (scene) => {
  for (const from of ['Node', 'ours']) {
    test(`nothing runs while ${from} has paused the queue, and nothing is lost`, async () => {
      const [node, ours] = [await scene().nodeProcess(), await scene().work()];
      await scene().queue.add('task', {});
      await scene().settled({ completed: 1 });
      if (from === 'Node') await scene().queue.pause(); else await scene().control('pause');
      assert.equal(await scene().queue.isPaused(), true);
      for (let i = 0; i < 5; ++i) await scene().queue.add('task', {});
      await scene().produce(5);
      await rest(300);  // the time in which a worker that does not care would have begun
      assert.equal((await told(1, 'active', node, ours)).length, 1);
      assert.deepEqual(await scene().control('counts').then((counts) => [counts.waiting, counts.paused]), [10, true]);
      if (from === 'Node') await scene().control('resume'); else await scene().queue.resume();
      await scene().settled({ completed: 11, active: 0 });
      assert.equal((await told(11, 'active', node, ours)).length, 11);
    });
  }

  test('one job at a time when Node says so, across both', async () => {
    await scene().queue.setGlobalConcurrency(1);
    const [node, ours] = [await scene().nodeProcess({ takes: 30, concurrency: 4 }), await scene().work('--takes', 30, '--concurrency', 4)];
    let most = 0;
    await scene().produce(20);
    await until(async () => {
      const { active, completed } = await scene().queue.getJobCounts('active', 'completed');
      most = Math.max(most, active);
      return completed === 20;
    }, { what: 'twenty jobs', ms: 60_000, every: 5 });
    assert.equal(most, 1);
    assert.equal((await told(20, 'active', node, ours)).length, 20);
  });

  test('a rate is held across both', async () => {
    await scene().queue.setGlobalRateLimit(2, 500);
    const [node, ours] = [await scene().nodeProcess({ concurrency: 4 }), await scene().work('--concurrency', 4)];
    await scene().produce(8);
    await scene().settled({ completed: 8 }, 30_000);
    const times = (await told(8, 'active', node, ours)).map((event) => event.at).sort((a, b) => a - b);
    assert.equal(times.length, 8);
    for (let i = 0; i + 2 < times.length; ++i) assert.ok(times[i + 2] - times[i] > 350, `${times}`);
  });

  test('a rate of ours is held', async () => {
    const worker = await scene().work('--rate-max', 2, '--rate-ms', 500, '--concurrency', 4);
    await scene().produce(6);
    await scene().settled({ completed: 6 }, 30_000);
    const times = (await told(6, 'active', worker)).map((event) => event.at);
    assert.ok(times[5] - times[0] > 850, `${times}`);
  });
});

hooks.describe('holding, 5 and 6 at once', () => {
  test('what is added in a pause of 5 is not lost when 5 resumes', async () => {
    const { Redis } = await import('../lib/redis.js');
    const redis = await Redis.start();
    const [five, six] = [new Scene(redis, 'bullmq5'), new Scene(redis, 'bullmq')];
    six.name = five.name;
    try {
      await five.queue.add('task', {});
      await five.queue.pause();
      await five.produce(3);
      await five.queue.resume();
      const worker = await five.work();
      await five.settled({ completed: 4 });
      await five.queue.pause();
      await five.produce(3);
      await six.queue.resume();
      await five.settled({ completed: 7 });
      assert.equal((await told(7, 'active', worker)).length, 7);
    } finally {
      await five.end();
      await six.end();
      await redis.destroy();
    }
    assert.equal(Object.keys(modules).length, 2);
  });
});
