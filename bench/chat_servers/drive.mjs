// Measures one chat server once and prints JSON: drive.mjs ADAPTER send|idle [--users N] [--seconds S] [--warm-up S] [--first N] [--rest S]
// [--options JSON]. ADAPTER is a module as servers.mjs describes it, which gets the options. Exit status 1 when a message was lost, came twice or out of order.
import { parseArgs } from 'node:util';

import { cpuOfFamily, memoryOfFamily, untilAtRest } from '../../tests/lib/process.js';
import { inParallel, pause } from '../../tests/lib/wait.js';
import { Correspondence } from './correspondence.mjs';

const { positionals: [adapter, part], values: options } = parseArgs({
  allowPositionals: true,
  options: {
    users: { type: 'string', default: '100' }, seconds: { type: 'string', default: '5' }, 'warm-up': { type: 'string', default: '3' },
    // So many are connected before memory is read for the first time: what a server makes for the first ones only is not theirs.
    first: { type: 'string', default: '500' }, rest: { type: 'string', default: '0' }, patience: { type: 'string', default: '10' },
    options: { type: 'string', default: '{}' },
  },
});
const [count, seconds, warmUp, first, rest, patience] = ['users', 'seconds', 'warm-up', 'first', 'rest', 'patience'].map((name) => Number(options[name]));

const sum = (pids, value) => pids.reduce((all, pid) => all + value(pid), 0);
const cpuOf = (server) => ({ server: sum(server.pids(), cpuOfFamily), database: sum(server.databasePids(), cpuOfFamily) });

function percentiles(values) {
  const sorted = values.sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function send(server) {
  const users = await server.makeUsers(count);
  const all = await Correspondence.begin(users, server.connect);
  all.start();
  await pause(warmUp * 1000);
  const [before, own] = [cpuOf(server), process.cpuUsage()];
  const result = await all.during(seconds);
  const [after, driver] = [cpuOf(server), process.cpuUsage(own)];
  const used = { server: after.server - before.server, database: after.database - before.database, driver: driver.user + driver.system };
  const problems = await all.end({ marks: server.marks ?? true, patience });
  if (result.received === 0) problems.push('no message came');
  const stored = (await server.stored?.()) ?? all.sent;
  if (stored < all.sent) problems.push(`${stored} of ${all.sent} messages are in the store`);
  const each = (transform) => Object.fromEntries(Object.entries(used).map(([name, microseconds]) => [name, transform(microseconds)]));
  return {
    users: count, seconds: result.seconds, messages: result.received, rate: result.received / result.seconds,
    marksEach: result.delivered / result.received,
    cpuMicrosecondsEach: each((one) => one / result.received), cores: each((one) => one / result.seconds / 1e6),
    milliseconds: { receipt: percentiles(result.latencies.receipt), acknowledgement: percentiles(result.latencies.acknowledgement) },
    problems, passed: problems.length === 0,
  };
}

async function idle(server) {
  const users = await server.makeUsers(first + count);
  await server.restart();
  const memory = () => ({
    server: sum(server.pids(), (pid) => memoryOfFamily(pid).own),
    database: sum(server.databasePids(), (pid) => memoryOfFamily(pid).proportional),
  });
  const problems = [];
  const hears = { received() {}, acknowledged() {}, delivered() {}, failed: (what) => problems.push(what) };
  const connect = (from, to) => inParallel(to - from, 16, (index) => server.connect(users[from + index], hears));
  const atRest = () => untilAtRest(() => cpuOf(server).server);
  const rested = async (some) => {
    await atRest();
    await pause(some * 1000);
    await atRest();
    return memory();
  };
  const clients = await connect(0, first);
  const before = await rested(rest / 5);
  clients.push(...(await connect(first, first + count)));
  await atRest();
  const atOnce = memory();
  const after = await rested(rest);
  const each = (now) => Object.fromEntries(Object.keys(now).map((name) => [name, (now[name] - before[name]) / count]));
  const result = { connections: count, first, rest, bytesEach: each(after), bytesEachAtOnce: each(atOnce), before, problems: problems.slice(0, 10), passed: problems.length === 0 };
  clients.forEach((client) => client.close());
  return result;
}

const parts = { send, idle };
if (!(count >= 2) || count % 2 === 1) throw new Error('--users is an even number: they write in pairs');
if (!parts[part]) throw new Error(`${part} is not one of ${Object.keys(parts).join(', ')}`);
const { start } = await import(adapter);
const server = await start(['taskset', '-c', '0'], JSON.parse(options.options));
try {
  const result = await parts[part](server);
  console.log(JSON.stringify(result));
  process.exitCode = result.passed ? 0 : 1;
} catch (error) {
  // Said at once: clients that reconnect to a server that ends would drown it.
  console.error(error);
  process.exitCode = 1;
} finally {
  await server.stop();
}
process.exit();
