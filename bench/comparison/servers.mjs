/** What is compared: each server is started on an empty store, with one core of its own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from '../../tests/lib/child.js';
import { Mongo } from '../../tests/lib/mongo.js';
import { freePort } from '../../tests/lib/ports.js';
import { Redis } from '../../tests/lib/redis.js';
import { binary, repository, temporaryDirectory } from '../../tests/lib/server.js';
import { until } from '../../tests/lib/wait.js';

const serverCore = '0';
const otherCore = '1';
/** Another build's `parley bench`, where the server under test has none. */
const generator = process.env.PARLEY_GENERATOR ?? binary;
const limit = process.env.PARLEY_LIMIT ?? join(repository, 'build/release/limit');
const peer = (name) => ['node', join(repository, 'bench/peers', `${name}.mjs`)];

export const settings = {
  HOST: '127.0.0.1', SHARDS: '1', LOG_LEVEL: 'warn', HASH_COST: '4', HASH_QUEUE: '1000', RATE_LIMIT_AUTH: '0', RATE_LIMIT_API: '0',
  PING_INTERVAL: '5m', PING_TIMEOUT: '1m', ACCESS_TOKEN_EXPIRE: '10h',
};

/** By name: the command, what it needs around it, how many users it is driven by and how long before it is warm, what `parley bench` is told besides, what it is. */
export const servers = {
  parley: { command: () => [binary, 'serve'], what: 'Parley, one shard, embedded store, an acknowledgement is durable' },
  limit: { command: () => [limit], what: '`bench/limit`: raw epoll and an append-only log, one fdatasync a turn' },
  'relay-ws': { command: () => peer('relay-ws'), what: 'Node.js, the `ws` package, stores nothing' },
  'relay-socketio': { command: () => peer('relay-socketio'), what: 'Node.js, Socket.IO 4.8, stores nothing' },
  'original-stack': {
    command: () => peer('original-stack'), needs: startStack, users: '20', warmUp: '8', options: ['--answer', 'echo'],
    what: 'Node.js, Express, Socket.IO, Mongoose, ioredis, BullMQ; CPU of the Node.js process alone',
  },
};

/** The database and the Redis run on the load generator's core: they are not what is measured. */
async function startStack() {
  const [mongo, redis] = [await Mongo.start(), await Redis.start()];
  if (mongo.missing) throw new Error(mongo.missing);
  for (const { pid } of [mongo, redis]) await new Child('taskset', ['-acp', otherCore, `${pid}`]).ended;
  return {
    env: { MONGO_URI: mongo.newDatabase(), REDIS_URL: redis.url },
    stop: () => Promise.all([mongo.destroy(), redis.destroy()]),
  };
}

export function missing(name) {
  const program = servers[name].command()[0];
  return program.includes('/') && !existsSync(program) ? program : undefined;
}

/** Starts a server; gives {pid, url, directory, stop, end}: `stop` kills it, `end` lets it end by itself. */
export async function start(name, directory = temporaryDirectory()) {
  const { command, needs } = servers[name];
  const around = needs ? await needs() : { env: {}, stop: async () => {} };
  const port = await freePort();
  const env = { ...process.env, ...settings, ...around.env, PORT: `${port}`, DATA_DIR: directory, NODE_ENV: '' };
  const child = new Child('taskset', ['-c', serverCore, ...command()], { cwd: directory, env });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (!child.isRunning) throw new Error(`${name} has ended: ${child.output}`);
    return (await fetch(`${url}/readyz`, { headers: { connection: 'close' } })).ok;
  }, { what: () => `${name}\n${child.output}`, ms: 30_000 });
  return {
    pid: child.pid, url, directory,
    stop: async () => {
      await child.kill();
      await around.stop();
    },
    end: async () => {
      child.signal('SIGTERM');
      await child.ended;
      await around.stop();
    },
  };
}

/** Runs `parley bench` with these arguments against a server of that name; gives its JSON. */
export async function drive(name, { pid, url }, options, accounts) {
  const load = new Child('taskset', [
    '-c', otherCore, generator, 'bench', ...options, ...(servers[name].options ?? []), '--url', url, '--json', '--quiet',
    '--server-pid', `${pid}`, '--accounts', accounts,
  ]);
  await load.ended;
  if (!load.stdout.startsWith('{')) throw new Error(`${name}: ${load.output}`);
  const result = JSON.parse(load.stdout);
  if (!result.passed) console.log(`  ${name}: ${result.problems.join('; ')}`);
  return result;
}

/** The same against a new server. */
export async function bench(name, options) {
  const server = await start(name);
  try {
    return await drive(name, server, options, join(server.directory, 'accounts-of-the-bench'));
  } finally {
    await server.stop();
  }
}
