// The same jobs through our producer and worker and through Node's, one after the other, on one Redis.
import { createRequire } from 'node:module';
import { Scene } from '../tests/jobs/scene.js';
import { cpuOf } from '../tests/lib/process.js';
import { Redis } from '../tests/lib/redis.js';
import { timed } from '../tests/lib/wait.js';

const jobs = Number(process.argv[2] ?? 20_000);
const concurrencies = process.argv.length > 3 ? process.argv.slice(3).map(Number) : [1, 50];

const redis = await Redis.start();
const client = await redis.client();
const rows = [];
try {
  for (const concurrency of concurrencies) {
    for (const who of ['ours', 'bullmq', 'bullmq5']) rows.push(await measure(who, concurrency));
  }
  console.log(`${jobs} jobs that do nothing, one worker process, redis-server ${await redisVersion()} on this machine`);
  console.table(rows);
} finally {
  await redis.destroy();
}

async function measure(who, concurrency) {
  const scene = new Scene(redis, who === 'ours' ? 'bullmq' : who);
  try {
    const added = await timed(() => (who === 'ours' ? addByOurs(scene) : addByNode(scene)));
    const redisBefore = cpuOf(redis.pid);
    const began = process.hrtime.bigint();
    const worker = who === 'ours'
      ? await scene.quietWork('--concurrency', concurrency)
      : await scene.nodeProcess({ concurrency, quiet: true });
    const start = cpuOf(worker.pid);
    await allDone(scene.name);
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const cpu = cpuOf(worker.pid) - start;
    const name = who === 'ours' ? 'ours' : `bullmq ${versionOf(who)}`;
    return {
      worker: name,
      concurrency,
      'added/s': Math.round(jobs / (added.ms / 1000)),
      'jobs/s': Math.round(jobs / seconds),
      'worker CPU µs/job': Math.round(cpu / jobs),
      'redis CPU µs/job': Math.round((cpuOf(redis.pid) - redisBefore) / jobs),
    };
  } finally {
    await scene.end();
    await client.flushAll();
  }
}

/** In batches of a hundred, one after the other: as our program does. */
async function addByNode(scene) {
  for (let i = 0; i < jobs; i += 100) {
    await scene.queue.addBulk(Array.from({ length: Math.min(100, jobs - i) }, () => ({ name: 'test', data: {} })));
  }
}

async function addByOurs(scene) {
  await scene.finished(scene.runner('--quiet', 'produce', '--count', jobs));
}

async function allDone(queue) {
  while ((await client.zCard(`bull:${queue}:completed`)) < jobs) await new Promise((done) => { setTimeout(done, 5); });
}

async function redisVersion() {
  return /redis_version:(\S+)/.exec(await client.info('server'))[1];
}

function versionOf(name) {
  return createRequire(new URL('../tests/package.json', import.meta.url))(`${name}/package.json`).version;
}
