// examples/cluster-node, N times on one Redis: the first emits to rooms that have one member each, all of them on the second.
import { createRequire } from 'node:module';

import { Program } from '../tests/conformance/program.js';
import { cpuOf } from '../tests/lib/process.js';
import { Redis } from '../tests/lib/redis.js';

const { io } = createRequire(new URL('../tests/package.json', import.meta.url))('socket.io-client');
const rate = Number(process.argv[2] ?? 5000);
const seconds = Number(process.argv[3] ?? 10);
const sizes = (process.argv[4] ?? '1,3,8').split(',').map(Number);
const users = 100;
const bytes = 150;

async function connect(port, rooms = []) {
  const socket = io(`http://127.0.0.1:${port}`, { transports: ['websocket'], forceNew: true, auth: { rooms } });
  await new Promise((done, fail) => { socket.once('connect', done); socket.once('connect_error', fail); });
  return socket;
}

const ask = (socket, ...args) => socket.timeout((seconds + 30) * 1000).emitWithAck(...args);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function run(adapter, size) {
  const redis = await Redis.start();
  const nodes = [];
  for (let index = 0; index < size; index += 1) nodes.push(await Program.start('cluster-node', '--redis', redis.url, '--adapter', adapter, '--shards', 1));
  const controls = await Promise.all(nodes.map((node) => connect(node.port)));
  const receiver = Math.min(1, size - 1);
  const clients = [];
  let delivered = 0;
  for (let user = 0; user < users; user += 1) {
    const client = await connect(nodes[receiver].port, [`user:${user}`]);
    client.on('flood', () => { delivered += 1; });
    clients.push(client);
  }
  await pause(1000); // subscriptions
  const look = async () => ({
    cpu: [...nodes.map((node) => cpuOf(node.child.pid)), cpuOf(redis.pid)],
    counts: await Promise.all(controls.map((control) => ask(control, 'counts'))),
  });
  const before = await look();
  const sent = await ask(controls[0], 'flood', { prefix: 'user:', users, rate, seconds, bytes });
  await pause(500);
  const after = await look();
  const cpu = after.cpu.map((value, index) => (value - before.cpu[index]) / sent);
  const got = after.counts.map((count, index) => (count.received - before.counts[index].received) / sent);
  for (const socket of [...controls, ...clients]) socket.close();
  for (const node of nodes) await node.stop();
  await redis.destroy();
  if (delivered !== sent) console.log(`! ${adapter}, ${size} nodes: ${delivered} of ${sent} arrived`);
  return { adapter, size, cpu, got, receiver };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const cell = (value, digits = 1) => (value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits));

console.log(`${rate} one-to-one events a second for ${seconds} s, ${bytes} bytes, ${users} receivers; CPU in µs an event (user and system)`);
console.log('| Adapter | Nodes | Sender | Receiver | Each other node | Redis | All | Messages from Redis: sender / receiver / each other |');
console.log('|---|---|---|---|---|---|---|---|');
for (const adapter of ['classic', 'sharded']) {
  for (const size of sizes) {
    const { cpu, got, receiver } = await run(adapter, size);
    const nodes = cpu.slice(0, size);
    const others = (values) => mean(values.slice(2, size));
    const row = [adapter, size, cell(nodes[0]), receiver === 0 ? 'the same' : cell(nodes[1]), cell(others(nodes)), cell(cpu[size]), cell(cpu.reduce((sum, value) => sum + value, 0)),
      [got[0], receiver === 0 ? undefined : got[1], others(got)].map((value) => cell(value, 2)).join(' / ')];
    console.log(`| ${row.join(' | ')} |`);
  }
}
process.exit(0);
