/** Many jobs and both kinds of workers at once: each job is done once. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { forBoth, told } from './scene.js';

forBoth(hooks, 'sharing', (scene) => {
  test('1,000 jobs of both producers through both workers, each done once', async () => {
    const heard = await scene().listen();
    const workers = [await scene().nodeProcess({ concurrency: 8, takes: 2 }), await scene().work('--concurrency', 8, '--takes', 2)];
    const [ours, node] = await Promise.all([
      scene().produce(500),
      scene().queue.addBulk(Array.from({ length: 500 }, (_, i) => ({ name: 'task', data: { i } }))),
    ]);
    await scene().settled({ completed: 1000, active: 0, waiting: 0, failed: 0 }, 60_000);
    await told(1000, 'completing', ...workers);
    const runs = workers.map((worker) => worker.all('completing').map((event) => event.id));
    const all = runs.flat();
    assert.equal(all.length, 1000);
    assert.deepEqual(new Set(all), new Set([...ours, ...node].map((job) => job.id)));
    assert.ok(runs.every((one) => one.length > 50), `shares ${runs.map((one) => one.length)}`);
    const ends = heard.filter(([name]) => name === 'completed').map(([, args]) => args.jobId);
    assert.equal(new Set(ends).size, ends.length);
    assert.deepEqual(heard.errors, []);
  });
});
