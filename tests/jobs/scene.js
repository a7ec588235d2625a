/** A queue on a Redis of the tests' own, and everybody who adds to it or works on it: ours and Node's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';

import * as bullmq6 from 'bullmq';
import * as bullmq5 from 'bullmq5';

import { Redis } from '../lib/redis.js';
import { until } from '../lib/wait.js';

const here = dirname(fileURLToPath(import.meta.url));
const build = resolve(process.env.PARLEY_BUILD ?? join(here, '../../build/release'));
export const modules = { bullmq: bullmq6, bullmq5 };

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A process that prints one JSON object a line. */
export class Peer {
  constructor(command, args) {
    this.events = [];
    this.errors = '';
    const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    running.add(child);
    child.stderr.on('data', (bytes) => { this.errors = (this.errors + bytes).slice(-10_000); });
    createInterface({ input: child.stdout }).on('line', (line) => this.events.push(JSON.parse(line)));
    this.ended = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      this.result = { code, signal };
      return this.result;
    });
  }

  get pid() {
    return this.child.pid;
  }

  all(event, id) {
    return this.events.filter((one) => one.event === event && (id === undefined || one.id === id));
  }

  /** The first event of that name, once it has come. */
  async saw(event, id, ms = 10_000) {
    return until(() => {
      if (this.result && !this.all(event, id).length) throw new Error(`it ended: ${this.errors}`);
      return this.all(event, id)[0];
    }, { what: () => `${event} ${id ?? ''}\n${this.errors}`, ms });
  }

  kill(signal = 'SIGKILL') {
    if (!this.result) this.child.kill(signal);
    return this.ended;
  }

  /** SIGTERM; gives what it said last. */
  async stop() {
    await this.kill('SIGTERM');
    return this.events.at(-1);
  }
}

/** What these processes have told of that name, once there are so many: what they print may come after what Redis says. */
export async function told(count, event, ...peers) {
  const all = () => peers.flatMap((peer) => peer.all(event));
  return until(() => all().length >= count && all(), { what: () => `${count} of ${event}, not ${all().length}` });
}

/** One queue; `Scene.each` makes a fresh one for every test. */
export class Scene {
  static made = 0;

  constructor(redis, version) {
    this.redis = redis;
    this.bullmq = modules[version];
    this.version = version;
    this.name = `queue-${process.pid}-${++Scene.made}`;
    this.things = [];
  }

  get connection() {
    return { url: this.redis.url, maxRetriesPerRequest: null, retryStrategy: () => 100 };
  }

  /** Node's Queue, with nothing added to meta but what it always writes. */
  get queue() {
    this.ownQueue ??= this.closing(new this.bullmq.Queue(this.name, { connection: this.connection }));
    return this.ownQueue;
  }

  /** Everything that QueueEvents heard, as [name, arguments]. */
  async listen() {
    const events = this.closing(new this.bullmq.QueueEvents(this.name, { connection: this.connection }));
    const heard = [];
    heard.errors = [];
    events.on('error', (error) => heard.errors.push(error));
    for (const name of ['added', 'waiting', 'active', 'completed', 'failed', 'delayed', 'stalled', 'removed', 'duplicated',
      'deduplicated', 'retries-exhausted', 'progress', 'paused', 'resumed', 'drained']) {
      events.on(name, (args) => heard.push([name, args]));
    }
    await events.waitUntilReady();
    heard.of = (id) => heard.filter(([, args]) => args.jobId === id).map(([name]) => name);
    heard.events = events;
    return heard;
  }

  /** Node's Worker in this process. */
  nodeWorker(processor, options = {}) {
    const worker = this.closing(new this.bullmq.Worker(this.name, processor, { connection: this.connection, ...options }));
    worker.on('error', () => {});
    return worker;
  }

  /** Node's Worker in a process of its own. */
  async nodeProcess(options = {}) {
    const peer = new Peer(process.execPath, [join(here, 'node_worker.js'), this.version, this.redis.url, this.name, JSON.stringify(options)]);
    this.things.push(() => peer.kill());
    await peer.saw('ready');
    return peer;
  }

  runner(...args) {
    const peer = new Peer(join(build, 'examples/job-runner'), ['--redis', this.redis.url, '--queue', this.name, ...args]);
    this.things.push(() => peer.kill());
    return peer;
  }

  /** Our worker. */
  async work(...args) {
    const peer = this.runner('work', ...args);
    await peer.saw('ready');
    return peer;
  }

  /** The same without a line a job. */
  async quietWork(...args) {
    const peer = this.runner('--quiet', 'work', ...args);
    await peer.saw('ready');
    return peer;
  }

  /** Adds by our producer; gives what it said of each. */
  async produce(count, { options, data, ...others } = {}) {
    const args = ['--count', count];
    if (options) args.push('--options', JSON.stringify(options));
    if (data !== undefined) args.push('--data', JSON.stringify(data));
    for (const [name, value] of Object.entries(others)) args.push(`--${name}`, value);
    return (await this.finished(this.runner('produce', ...args))).all('added');
  }

  async control(what, id) {
    const peer = await this.finished(this.runner('control', what, ...(id ? ['--id', id] : [])));
    return peer.all('counts')[0];
  }

  async finished(peer) {
    const { code } = await peer.ended;
    if (code !== 0) throw new Error(`it ended with ${code}: ${peer.errors}`);
    return peer;
  }

  /** Waits until as many jobs are in those states. */
  async settled(counts, ms = 20_000) {
    const names = Object.keys(counts);
    let last;
    await until(async () => {
      last = await this.queue.getJobCounts(...names);
      return names.every((name) => last[name] === counts[name]);
    }, { what: () => `counts ${JSON.stringify(counts)}, last ${JSON.stringify(last)}`, ms });
  }

  async settledAtLeast(completed) {
    await until(async () => (await this.queue.getJobCounts('completed')).completed >= completed, { what: `${completed} completed`, ms: 30_000 });
  }

  closing(thing) {
    this.things.push(() => thing.close());
    return thing;
  }

  async end() {
    for (const end of this.things.reverse()) await end();
  }
}

/** Runs `body(scene, redis)` for both versions: `scene()` is the fresh one of the present test. */
export function forBoth(hooks, title, body, options) {
  for (const version of Object.keys(modules)) {
    describe(`${title}, ${version}`, () => {
      let redis, scene;
      before(async () => { redis = await Redis.start(options); });
      hooks.beforeEach(() => { scene = new Scene(redis, version); });
      hooks.afterEach(() => scene.end());
      after(() => redis.destroy());
      body(() => scene, () => redis);
    });
  }
}
