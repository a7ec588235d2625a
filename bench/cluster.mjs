// Nodes of Parley on one MongoDB server and one Redis, in a closed loop of pairs whose two ends are on different nodes.
import { Cluster } from '../tests/lib/cluster.js';
import { cpuOf } from '../tests/lib/process.js';
import { close, connectPairs, measure, percentile } from './pairs.mjs';

const count = Number(process.argv[2] ?? 250);
const seconds = Number(process.argv[3] ?? 10);
const sizes = (process.argv[4] ?? '1,3').split(',').map(Number);
const env = { LOG_LEVEL: 'warn', HASH_QUEUE: '1000', PING_INTERVAL: '5m', PING_TIMEOUT: '1m', PRESENCE_LEASE: '30s' };

async function run(size) {
  const cluster = await Cluster.start({ nodes: size, env });
  if (cluster.missing) {
    console.log(cluster.missing);
    process.exit(77);
  }
  try {
    const { nodes, redis, mongo } = cluster;
    const pairs = await connectPairs(count, (index) => [nodes[index % size], nodes[(index + 1) % size]]);
    const sum = (pids) => () => pids.reduce((all, pid) => all + cpuOf(pid), 0);
    const cpus = { nodes: sum(nodes.map((node) => node.pid)), database: sum(mongo.isOurs ? [mongo.pid] : []), redis: sum([redis.pid]) };
    report(size, await measure(pairs, { seconds, cpus }));
    close(pairs);
  } finally {
    await cluster.destroy();
  }
}

function report(size, { took, count: messages, cpu, generator, latencies, eventsPerMessage }) {
  const each = (name) => `${(cpu[name] / messages).toFixed(0)}`;
  const share = (name) => `${Math.round((cpu[name] / (cpu.nodes + cpu.database + cpu.redis)) * 100)} %`;
  console.log(`${size} node${size > 1 ? 's' : ''}, ${count} pairs, ${took.toFixed(1)} s: ${Math.round(messages / took)} messages/s stored, acknowledged and delivered`);
  console.log(`  CPU a message: Parley ${each('nodes')} µs (${share('nodes')}), database ${each('database')} µs (${share('database')}), Redis ${each('redis')} µs (${share('redis')})`);
  console.log(`  load generator busy ${Math.round(generator / took / 10_000)} % of a core; acknowledged after p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms; ` +
    `events to receivers: ${eventsPerMessage.toFixed(2)} a message`);
}

for (const size of sizes) await run(size);
