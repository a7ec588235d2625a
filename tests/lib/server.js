/** Starts, restarts and kills `parley serve`, each time by the process id of what was started here. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { freePort } from './ports.js';
import { deferred, until, within } from './wait.js';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = resolve(process.env.PARLEY_BINARY ?? join(repository, 'build/release/parley'));

/** The secrets of every test server, so that tests can mint tokens. */
export const secrets = {
  access: 'access-secret-of-the-tests-0123456789abcdef',
  refresh: 'refresh-secret-of-the-tests-0123456789abcdef',
};

/** A new empty directory, removed when the tests end. */
export function temporaryDirectory(folder = tmpdir()) {
  const path = mkdtempSync(join(folder, 'parley-test-'));
  made.add(path);
  return path;
}

const made = new Set();
/** How reports of instrumented builds begin. */
const sanitizerReport = /WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer|runtime error: /;

const running = new Set();
process.once('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  made.forEach((path) => rmSync(path, { recursive: true, force: true }));
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

let database;

/**
 * With PARLEY_TEST_STORE=mongo each server is the only node of a cluster of its own, so that whole suites can be run on
 * MongoDB and Redis.
 */
async function clusterOfOne() {
  if (process.env.PARLEY_TEST_STORE !== 'mongo') return {};
  const [{ Mongo }, { Redis }] = await Promise.all([import('./mongo.js'), import('./redis.js')]);
  database ??= Mongo.start();
  const [mongo, redis] = [await database, await Redis.start()];
  if (mongo.missing) throw new Error(mongo.missing);
  for (const { child } of [mongo, redis]) child.unref();
  return { MONGO_URI: mongo.newDatabase(), REDIS_URL: redis.url, PRESENCE_LEASE: '3s' };
}

/** This process' environment without what would change how a program under test is set up. */
function inherited() {
  const { NODE_ENV, PARLEY_ENV, MONGO_URI, MONGODB_URI, REDIS_URL, REDIS_HOST, SMTP_URL, ...others } = process.env;
  return others;
}

export class Server {
  /**
   * @param options {env, args, dataDir, cwd, port, wrap}: env and args come on top of the defaults for tests;
   *   cwd is where it runs, if not in its data directory; wrap is a command that runs the server in its own process, such as ['taskset', '-c', '0'].
   */
  constructor(options = {}) {
    this.options = options;
    this.ownsDataDir = !options.dataDir;
    this.dataDir = options.dataDir ?? temporaryDirectory();
    this.output = [];
    this.report = '';
    this.child = null;
    this.exit = null;
  }

  /** A server that answers /readyz. */
  static async start(options = {}) {
    const server = new Server(options);
    server.cluster = options.env?.MONGO_URI ? {} : await clusterOfOne();
    server.port = options.port ?? (await freePort());
    await server.start();
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.child?.pid;
  }

  get isRunning() {
    return this.child !== null;
  }

  /** Starts the process on the same port and data; returns when it is ready, however busy the machine. Sets `startMs`. */
  async start() {
    this.launch();
    const began = process.hrtime.bigint();
    await until(async () => !this.isRunning || (await this.isReady()), { what: () => `start\n${this.tail()}`, ms: 60_000, every: 4 });
    if (!this.isRunning) throw new Error(`start: the process has ended\n${this.tail()}`);
    this.startMs = Number(process.hrtime.bigint() - began) / 1e6;
  }

  async isReady() {
    if (!this.isRunning) throw new Error('the process has ended');
    const answer = await fetch(`${this.url}/readyz`, { headers: { connection: 'close' } });
    await answer.text();
    return answer.status === 200;
  }

  /** Starts the process and does not wait for anything. */
  launch() {
    if (!existsSync(binary)) throw new Error(`${binary} is not there: build it, or set PARLEY_BINARY`);
    const exited = deferred();
    const [command, ...args] = [...(this.options.wrap ?? []), binary, 'serve', ...(this.options.args ?? [])];
    const child = spawn(command, args, {
      cwd: this.options.cwd ?? this.dataDir,
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    this.child = child;
    this.exit = exited.promise;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => this.keep(bytes));
    child.once('exit', (code, signal) => {
      running.delete(child);
      if (this.child === child) this.child = null;
      exited.resolve({ code, signal });
    });
  }

  environment() {
    return {
      ...inherited(),
      HOST: '127.0.0.1',
      PORT: String(this.port),
      DATA_DIR: this.dataDir,
      ACCESS_TOKEN_SECRET: secrets.access,
      REFRESH_TOKEN_SECRET: secrets.refresh,
      RATE_LIMIT_AUTH: '0',
      RATE_LIMIT_API: '0',
      HASH_COST: '4',
      LOG_LEVEL: 'info',
      ...this.cluster,
      ...this.options.env,
    };
  }

  keep(bytes) {
    const text = bytes.toString();
    if (sanitizerReport.test((this.output.at(-1) ?? '').slice(-40) + text)) this.isReported = true;
    if (this.isReported) this.report += text;
    this.output.push(text);
    if (this.output.length > 2000) this.output.splice(0, 1000);
  }

  /** All that the process wrote (the newest part, if it was much). */
  log() {
    return this.output.join('');
  }

  tail() {
    return this.log().slice(-2000);
  }

  /** SIGKILL; returns when the process is gone. */
  async kill() {
    const { child, exit } = this;
    if (child) child.kill('SIGKILL');
    return exit;
  }

  /** SIGTERM; gives {code, signal, ms}. */
  async stop(deadline = 15_000) {
    const { child, exit } = this;
    const began = Date.now();
    if (child) child.kill('SIGTERM');
    const ended = await within(deadline, 'end after SIGTERM', exit);
    return { ...ended, ms: Date.now() - began };
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /** Ends the process and removes its data. For `after` hooks. Throws if a sanitizer had something to say. */
  async destroy() {
    if (this.isRunning) await this.kill();
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true });
    if (this.report) throw new Error(`a sanitizer reports:\n${this.report.slice(0, 8000)}`);
  }
}

/** Runs `parley` with other arguments to its end; gives {code, stdout, stderr}. */
export async function parley(args, { env = {}, cwd, deadline = 20_000 } = {}) {
  const child = spawn(binary, args, { cwd: cwd ?? tmpdir(), env: { ...inherited(), ...env } });
  running.add(child);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes) => (out.stdout += bytes));
  child.stderr.on('data', (bytes) => (out.stderr += bytes));
  const ended = deferred();
  child.once('close', (code, signal) => ended.resolve({ code, signal }));
  try {
    return { ...(await within(deadline, `parley ${args.join(' ')}`, ended.promise)), ...out };
  } finally {
    child.kill('SIGKILL');
    running.delete(child);
  }
}
