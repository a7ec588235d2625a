/** A redis-server of the tests' own, on a free port, with everything that can happen to it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';

import { Child } from './child.js';
import { freePort } from './ports.js';
import { temporaryDirectory } from './server.js';
import { until, within } from './wait.js';

export class Redis {
  /** @param options {persistent}: whether what was written survives a kill; `false` as most caches are run */
  static async start({ persistent = false } = {}) {
    const redis = new Redis();
    Object.assign(redis, { persistent, directory: temporaryDirectory(), port: await freePort() });
    await redis.start();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.child.pid;
  }

  /** Starts the process on the same port; returns when it answers. */
  async start() {
    const kept = this.persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    this.child = new Child('redis-server', [
      '--port', `${this.port}`, '--bind', '127.0.0.1', '--dir', this.directory, '--save', '', '--loglevel', 'warning', ...kept,
    ]);
    await until(() => this.answers(), { what: () => `redis-server\n${this.child.output}`, ms: 10_000 });
  }

  async answers() {
    if (!this.child.isRunning) throw new Error(`ended: ${this.child.output || this.child.result.error?.message}`);
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } }).on('error', () => {});
    try {
      await within(1000, 'connect', client.connect());
      return (await client.ping()) === 'PONG';
    } finally {
      client.destroy();
    }
  }

  /** A connected client of the `redis` package, closed by `destroy`. It comes back by itself. */
  async client() {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: 50 } }).on('error', () => {});
    await client.connect();
    this.clients.add(client);
    return client;
  }

  clients = new Set();

  async kill() {
    await this.child.kill();
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /** Accepts connections and answers nothing, as a machine does that swaps. */
  pause() {
    this.child.signal('SIGSTOP');
  }

  resume() {
    this.child.signal('SIGCONT');
  }

  async destroy() {
    for (const client of this.clients) client.destroy();
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
