// One shard on one core, as fast as a closed loop of pairs asks.
import { cpuOf } from '../tests/lib/process.js';
import { Server } from '../tests/lib/server.js';
import { close, connectPairs, measure, percentile } from './pairs.mjs';

const count = Number(process.argv[2] ?? 250);
const seconds = Number(process.argv[3] ?? 10);

const env = { SHARDS: '1', LOG_LEVEL: 'warn', HASH_QUEUE: '1000', PING_INTERVAL: '5m', PING_TIMEOUT: '1m' };
const server = await Server.start({ env, wrap: ['taskset', '-c', '0'] });
try {
  const pairs = await connectPairs(count, () => [server, server]);
  const result = await measure(pairs, { seconds, cpus: { server: () => cpuOf(server.pid) } });
  const { took, cpu, latencies } = result;
  const share = (microseconds) => Math.round(microseconds / took / 10_000);
  console.log(`${count} pairs, ${took.toFixed(1)} s, one shard on one core: ${Math.round(result.count / took)} messages/s stored, acknowledged and delivered`);
  console.log(`server CPU ${(cpu.server / result.count).toFixed(1)} µs a message (all of its threads), busy ${share(cpu.server)} % of a core`);
  console.log(`load generator busy ${share(result.generator)} % of a core; where it is the busier one, it is the limit`);
  console.log(`acknowledged after p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms; events to receivers: ${result.eventsPerMessage.toFixed(2)} a message`);
  close(pairs);
} finally {
  await server.destroy();
}
