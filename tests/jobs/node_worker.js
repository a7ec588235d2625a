// A worker of Node in a process of its own: node_worker.js VERSION REDIS_URL QUEUE OPTIONS. OPTIONS is JSON: those of
// bullmq's Worker, `takes` (ms) and `quiet`. Prints one JSON object a line.
const [version, url, name, text] = process.argv.slice(2);
const { takes = 0, quiet = false, ...options } = JSON.parse(text);
const { Worker } = await import(version);

const print = (event) => process.stdout.write(`${JSON.stringify({ ...event, at: Date.now() })}\n`);
const processor = async (job) => {
  if (!quiet) print({ event: 'active', id: job.id, name: job.name, data: job.data });
  if (takes > 0) await new Promise((done) => { setTimeout(done, takes); });
  if (!quiet) print({ event: 'completing', id: job.id });
  return { by: 'node' };
};
const connection = { url, maxRetriesPerRequest: null, retryStrategy: () => 100 };
const worker = new Worker(name, processor, { connection, ...options });
worker.on('error', () => {});
await worker.waitUntilReady();
print({ event: 'ready' });
process.once('SIGTERM', async () => {
  await worker.close();
  print({ event: 'stopped' });
  process.exit(0);
});
