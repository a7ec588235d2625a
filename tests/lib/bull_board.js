/** Bull Board's own API, without a web server. */
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';

/** As much of a web server as Bull Board needs: it hands its routes over, and we call them. */
export class BullBoard {
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
