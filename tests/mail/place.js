/** A server that sends mail, on one of the stores, and the questions that tests ask of it. */
import assert from 'node:assert/strict';

import { Child } from '../lib/child.js';
import { Mongo } from '../lib/mongo.js';
import { person, say } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { Redis } from '../lib/redis.js';
import { Rest } from '../lib/rest.js';
import { Server, binary, parley } from '../lib/server.js';
import { Smtp } from '../lib/smtp.js';
import { until, within } from '../lib/wait.js';

// Each test says by itself which store it wants.
delete process.env.PARLEY_TEST_STORE;

let mongo;

/** Why there is no MongoDB server for places of that kind; undefined: there is one. */
export async function missing(kind) {
  if (kind === 'embedded') return undefined;
  mongo ??= Mongo.start();
  const server = await mongo;
  server.child.unref();
  if (server.missing) console.log(`skipped: ${server.missing}`);
  return server.missing;
}

/** What links in mails begin with; nobody is there. */
const publicUrl = 'https://chat.example.org';

export class Place {
  /**
   * @param kind `embedded`; `inside` and `apart`: MongoDB and Redis, with the worker there.
   * @param options {env, smtp, workers}: env for server and workers; smtp: options of the mail server, null for none;
   *   workers: how many of `parley worker`, by default 1 if `apart`
   */
  static async start(kind = 'embedded', { env = {}, smtp = {}, workers = kind === 'apart' ? 1 : 0 } = {}) {
    const place = new Place();
    Object.assign(place, { kind, workers: [] });
    try {
      await place.begin(env, smtp, workers);
    } catch (error) {
      await place.stop().catch(() => {});
      throw error;
    }
    return place;
  }

  async begin(env, smtp, workers) {
    this.smtp = smtp && (await Smtp.start(smtp));
    this.env = { MAIL_RETRY_DELAY: '200ms', MAIL_FROM: 'The Team <team@example.org>', PUBLIC_URL: publicUrl };
    if (this.smtp) this.env.SMTP_URL = this.smtp.certificate ? this.smtp.trustedUrl : this.smtp.url;
    if (this.kind !== 'embedded') await this.joinStores();
    if (this.kind === 'apart') this.env.WORKER = 'apart';
    Object.assign(this.env, env);
    this.server = await Server.start({ env: this.env });
    for (let count = 0; count < workers; count += 1) await this.startWorker();
  }

  async joinStores() {
    this.redis = await Redis.start({ persistent: true });
    Object.assign(this.env, { MONGO_URI: (await mongo).newDatabase(), REDIS_URL: this.redis.url, PRESENCE_LEASE: '3s' });
  }

  /** A `parley worker` that is ready: a Child with `url`. */
  async startWorker(env = {}) {
    const port = await freePort();
    const environment = { ...this.server.environment(), WORKER_PORT: `${port}`, ...env };
    const worker = new Child(binary, ['worker'], { env: environment, cwd: this.server.dataDir });
    worker.url = `http://127.0.0.1:${port}`;
    const isReady = async () => {
      if (!worker.isRunning) throw new Error('the worker has ended');
      return (await fetch(`${worker.url}/readyz`)).status === 200;
    };
    await until(isReady, { what: () => `a worker\n${worker.output}`, ms: 15_000 });
    this.workers.push(worker);
    return worker;
  }

  person(prefix) {
    return person(this.server, prefix);
  }

  people(...prefixes) {
    return Promise.all(prefixes.map((prefix) => this.person(prefix)));
  }

  get rest() {
    return new Rest(this.server.url);
  }

  /** `parley …` with the server's settings, wherever that runs; {code, stdout, stderr}. */
  command(...args) {
    return parley(args, { env: this.server.environment(), cwd: this.server.dataDir });
  }

  /** What `parley jobs … --json` prints. */
  async jobs(...args) {
    const { code, stdout, stderr } = await this.command('jobs', ...args, '--json');
    assert.equal(code, 0, stderr + stdout);
    return JSON.parse(stdout);
  }

  async listed(state) {
    return (await this.jobs('list', '--state', state, '--limit', '1000')).jobs;
  }

  /** The failed job of somebody's mail, once there is one. */
  async failedFor(who, ms = 15_000) {
    let all = [];
    const find = async () => {
      all = await this.listed('failed');
      return all.find((job) => job.data.receiverId === who.id || job.data.email === who.email);
    };
    return until(find, { what: () => `a failed job for ${who.email}; failed: ${JSON.stringify(all)}\n${this.tail()}`, ms, every: 100 });
  }

  async counted(wanted) {
    let counts;
    const isSo = async () => {
      counts = await this.jobs('counts');
      return Object.entries(wanted).every(([state, count]) => counts[state] === count);
    };
    await until(isSo, { what: () => `${JSON.stringify(wanted)}, last ${JSON.stringify(counts)}`, ms: 15_000, every: 50 });
  }

  /** Waits until all jobs have ended. */
  idle() {
    return this.counted({ waiting: 0, active: 0, delayed: 0, prioritized: 0 });
  }

  /** Waits until what was sent before has become a mail, or nothing: somebody else's mail has come, and all is idle. */
  async settle() {
    const [sender, witness] = await this.people('sender', 'witness');
    await say(sender, witness, 'a witness');
    await this.smtp.next(witness.email);
    await this.idle();
  }

  /** The sum of a metric over the server and all workers; `labels` as they are written. */
  async metric(name, ...labels) {
    const urls = [this.server.url, ...this.workers.filter((worker) => worker.isRunning).map((worker) => worker.url)];
    const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
    const lines = texts.join('\n').split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
    const fitting = lines.filter((line) => labels.every((label) => line.includes(label)));
    assert.ok(fitting.length > 0, `no metric ${name} ${labels}`);
    return fitting.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** What server and workers wrote. */
  log() {
    return [this.server.log(), ...this.workers.map((worker) => worker.output)].join('\n');
  }

  tail() {
    return this.log().slice(-3000);
  }

  /** Ends everybody in order: a stop is asked for, and must end well. */
  async stop() {
    const ends = this.workers.filter((worker) => worker.isRunning).map((worker) => endWell(worker));
    if (this.server?.isRunning) ends.push(this.server.stop().then(({ code }) => assert.equal(code, 0, this.tail())));
    const outcomes = await Promise.allSettled(ends);
    await this.server?.destroy();
    await this.smtp?.stop();
    await this.redis?.destroy();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}

async function endWell(worker) {
  worker.signal('SIGTERM');
  const { code } = await within(15_000, 'the end of a worker', worker.ended).finally(() => worker.kill());
  assert.equal(code, 0, worker.output);
}

/** `kinds` with the reason why each cannot be had here, for `describe`'s `skip`. */
export async function kindsToTest(...kinds) {
  return Promise.all(kinds.map(async (kind) => ({ kind, skip: await missing(kind) })));
}

/** The link in a mail that contains `part`, at this server instead of the public address. */
export function linkIn(mail, part, place) {
  const links = mail.text.match(/https?:\/\/\S+/g) ?? [];
  const found = links.find((link) => link.includes(part));
  assert.ok(found?.startsWith(`${publicUrl}/`), `a link to ${part} in ${mail.text}`);
  return found.replace(publicUrl, place.server.url);
}

export const tokenIn = (link) => new URL(link).searchParams.get('token');

/** Sends a form as a browser does. */
export function submit(link, fields = {}) {
  return fetch(link, { method: 'POST', body: new URLSearchParams(fields) });
}
