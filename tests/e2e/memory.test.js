// What a peak took goes back to the system, while the server goes on.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { memoryOf } from '../lib/process.js';
import { Server, parley, temporaryDirectory } from '../lib/server.js';
import { until } from '../lib/wait.js';

let server;
before(async () => {
  server = await Server.start({ env: { LOG_LEVEL: 'warn', HASH_QUEUE: '1000', RATE_LIMIT_AUTH: '0', RATE_LIMIT_API: '0' } });
});
after(() => server.destroy());

test('the memory of a peak is given back', async () => {
  const start = memoryOf(server.pid).resident;
  const accounts = join(temporaryDirectory(), 'accounts');
  const { code, stdout, stderr } = await parley([
    'bench', 'send', '--users', '200', '--in-flight', '40', '--content', '2000', '--warm-up', '0', '--seconds', '2',
    '--url', server.url, '--accounts', accounts, '--json', '--quiet',
  ]);
  assert.equal(code, 0, stdout + stderr);

  const { peak } = memoryOf(server.pid);
  assert.ok(peak - start > 100e6, `no peak: ${megabytes(start)} to ${megabytes(peak)} MB`);
  // A third of it may be what is held on purpose: rows that wait to be written to tables, RocksDB's cache.
  const most = start + (peak - start) / 3;
  const now = () => memoryOf(server.pid).resident;
  await until(() => now() < most, { what: () => `${megabytes(now())} MB, of ${megabytes(peak)} at the peak and ${megabytes(start)} before it`, ms: 20_000, every: 200 });
});

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
