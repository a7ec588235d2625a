/** Bull Board's own API looks at a queue that ours fills. */
import assert from 'node:assert/strict';
import * as hooks from 'node:test';
import { test } from 'node:test';

import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';

import { until } from '../lib/wait.js';
import { forBoth } from './scene.js';

/** As much of a web server as Bull Board needs: it hands its routes over, and we call them. */
class Board {
  constructor(queue) {
    this.adapter = new Proxy({}, {
      get: (_, name) => (...args) => {
        if (name === 'setApiRoutes') this.routes = args[0];
        if (name === 'setQueues') this.queues = args[0];
        return this.adapter;
      },
    });
    createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: this.adapter });
  }

  async get(path, query = {}) {
    const route = this.routes.find((one) => one.method === 'get' && [one.route].flat().includes(path));
    const params = { queueName: this.queues.keys().next().value, jobId: query.jobId };
    const { body, status = 200 } = await route.handler({ queues: this.queues, query, params, body: {}, headers: {} });
    return { body, status };
  }
}

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

    const board = new Board(scene().queue);
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
