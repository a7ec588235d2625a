// Pairs of clients in a closed loop: the sender's next message goes out when the last one is acknowledged as durable.
import { CheapClient } from '../tests/lib/cheap_client.js';
import { person } from '../tests/lib/people.js';
import { cpuOf } from '../tests/lib/process.js';
import { Server } from '../tests/lib/server.js';
import { pause } from '../tests/lib/wait.js';

const pairs = Number(process.argv[2] ?? 250);
const seconds = Number(process.argv[3] ?? 10);
const warmUp = 2;
const content = 'x'.repeat(100);

/** A sender and its receiver. */
class Pair {
  static async connect(server) {
    const [sender, receiver] = [await person(server, 's'), await person(server, 'r')];
    const pair = new Pair();
    pair.sender = await CheapClient.connect(server.port, sender.token);
    pair.receiver = await CheapClient.connect(server.port, receiver.token);
    pair.draft = `{"receiverId":"${receiver.id}","content":"${content}"}`;
    return pair;
  }

  /** Sends until `tally.stopped`. */
  run(tally) {
    const began = performance.now();
    this.sender.ask('send_message', this.draft, (payload, start) => {
      if (payload.indexOf('"ok":true', start) < 0) throw new Error(payload.toString());
      tally.count += 1;
      tally.latencies.push(performance.now() - began);
      if (!tally.stopped) this.run(tally);
    });
  }
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
}

const env = { SHARDS: '1', LOG_LEVEL: 'warn', HASH_QUEUE: '1000', PING_INTERVAL: '5m', PING_TIMEOUT: '1m' };
const server = await Server.start({ env, wrap: ['taskset', '-c', '0'] });
try {
  const all = [];
  for (let start = 0; start < pairs; start += 25) {
    all.push(...(await Promise.all(Array.from({ length: Math.min(25, pairs - start) }, () => Pair.connect(server)))));
  }
  const tally = { count: 0, latencies: [], stopped: false };
  all.forEach((pair) => pair.run(tally));
  await pause(warmUp * 1000);
  const events = () => all.reduce((sum, pair) => sum + pair.receiver.events, 0);
  const before = { count: tally.count, cpu: cpuOf(server.pid), own: process.cpuUsage(), events: events(), time: performance.now() };
  tally.latencies.length = 0;
  await pause(seconds * 1000);
  const took = (performance.now() - before.time) / 1000;
  const count = tally.count - before.count;
  const cpu = cpuOf(server.pid) - before.cpu;
  const own = process.cpuUsage(before.own);
  const latencies = [...tally.latencies].sort((a, b) => a - b);
  tally.stopped = true;
  console.log(`${pairs} pairs, ${took.toFixed(1)} s, one shard on one core: ${Math.round(count / took)} messages/s stored, acknowledged and delivered`);
  console.log(`server CPU ${(cpu / count).toFixed(1)} µs a message (all of its threads), busy ${Math.round(cpu / took / 10_000)} % of a core`);
  console.log(`load generator busy ${Math.round((own.user + own.system) / took / 10_000)} % of a core; where it is the busier one, it is the limit`);
  console.log(`acknowledged after p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms; events to receivers: ${((events() - before.events) / count).toFixed(2)} a message`);
  all.forEach((pair) => [pair.sender, pair.receiver].forEach((client) => client.close()));
} finally {
  await server.destroy();
}
