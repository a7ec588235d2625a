/** Bull Board's own API looks at a queue that ours fills. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { BullBoard } from '../lib/bull_board.js';
import { until } from '../lib/wait.js';
import { forBoth } from './scene.js';

forBoth(hooks, 'looking', (scene) => {
  test('Bull Board lists our jobs in every state, with names and dates', async () => {
    const failing = await scene().work('--fails', 99);
    await scene().produce(2, { name: 'send-email' });
    await scene().settled({ failed: 2, active: 0 });
    await failing.stop();
    const working = await scene().work();
    await scene().produce(3, { name: 'send-email' });
    await scene().settled({ completed: 3, active: 0 });
    await working.stop();
    const busy = await scene().work('--takes', 60_000, '--grace', 0, '--name', 'busy');
    await scene().produce(1, { name: 'send-email' });
    await scene().settled({ active: 1 });
    await scene().produce(1, { name: 'send-email', options: { delay: 60_000 } });
    await scene().produce(2, { name: 'send-email', options: { priority: 2 } });
    await scene().produce(1, { name: 'send-email' });

    const board = new BullBoard(scene().queue);
    const wanted = { active: 1, completed: 3, delayed: 1, failed: 2, prioritized: 2, waiting: 1 };
    for (const [status, count] of Object.entries(wanted)) {
      const { body, status: code } = await board.get('/api/queues', { activeQueue: scene().name, status, page: '1' });
      assert.equal(code, 200, JSON.stringify(body));
      const [queue] = body.queues;
      assert.equal(queue.counts[status], count, status);
      assert.equal(queue.jobs.length, count, status);
      for (const job of queue.jobs) {
        assert.equal(job.name, 'send-email');
        assert.ok(job.timestamp > 1_600_000_000_000);
      }
    }
    await until(async () => (await scene().queue.getWorkers()).length === 1, { what: 'one worker' });
    await busy.stop();
  });
});
