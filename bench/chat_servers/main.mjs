// bench/others: see there, and --help.
import { parseArgs } from 'node:util';
import { join } from 'node:path';

import { Child } from '../../tests/lib/child.js';
import { repository } from '../../tests/lib/server.js';
import { writeDocument } from '../comparison/document.mjs';
import { all, keep } from '../comparison/results.mjs';
import { chatServers, partOf } from './servers.mjs';

const help = `Usage: bench/others [options]
  --only A,B       these servers: ${Object.keys(chatServers).join(', ')}
  --part A,B       send: users in pairs who write to each other in a closed loop, CPU per message;
                   alone: the same with two users, so that nothing can be done together;
                   idle: memory of users who are connected and say nothing (all of them)
  --rounds N       rounds of send and alone, each with every server in turn (3)
  --users N        users of send (as many as keep the server busy)
  --seconds S      seconds that are measured, of each server and round (10)
  --connections N,M  of idle, after the first 500 (5000)
  --rest S         seconds of rest before memory is read: Go collects its garbage every two minutes at least (125)
  --prepare        only build what is built here, and measure nothing
  --write          only write docs/performance.md from what was measured
Measurements are added to those that are there. Stop everything else. The server and its database have core 0, the driver core 1.
What they need: ${[...new Set(Object.values(chatServers).map(({ needs }) => needs).filter(Boolean))].join('; ')}.
Ends by writing docs/performance.md; exit status 1 when a message was lost, came twice or out of order.`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' }, part: { type: 'string' }, rounds: { type: 'string', default: '3' }, users: { type: 'string' }, seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '5000' }, rest: { type: 'string', default: '125' }, prepare: { type: 'boolean' }, write: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

function chosen(list, known) {
  const names = list?.split(',') ?? known;
  for (const name of names) if (!known.includes(name)) throw new Error(`${name} is not one of ${known.join(', ')}`);
  return names;
}

const names = chosen(options.only, Object.keys(chatServers));
let passed = true;

/** Runs drive.mjs on a core of its own; gives and keeps its result. */
async function measure(part, name, ...args) {
  const { adapter, options: those = {} } = chatServers[name];
  const load = new Child('taskset', ['-c', '1', 'node', 'drive.mjs', adapter, ...args, '--options', JSON.stringify(those)], { cwd: join(repository, 'bench/chat_servers') });
  await load.ended;
  if (!load.stdout.startsWith('{')) throw new Error(`${name}: ${load.output}`);
  const result = JSON.parse(load.stdout);
  keep({ part: partOf(part), server: name, command: `bench/others --part ${part.split(' ')[0]} --only ${name}`, result });
  if (!result.passed) console.log(`  ${name}: ${result.problems.join('; ')}`);
  passed &&= result.passed;
  return result;
}

async function rounds(part, usersOf) {
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const name of names) {
      const { cpuMicrosecondsEach: each, cores, rate, milliseconds } = await measure(part, name, 'send', '--users', usersOf(name), '--seconds', options.seconds);
      console.log(`${part} ${name}: ${Math.round(rate)}/s, CPU µs each: server ${each.server.toFixed(1)}, database ${each.database.toFixed(1)}, driver ${each.driver.toFixed(1)}; ` +
        `cores: ${(cores.server + cores.database).toFixed(2)} and ${cores.driver.toFixed(2)}; receipt p50 ${milliseconds.receipt.p50.toFixed(1)} ms, p99 ${milliseconds.receipt.p99.toFixed(1)} ms`);
    }
  }
}

const parts = {
  send: () => rounds('send', (name) => options.users ?? `${chatServers[name].users}`),
  alone: () => rounds('alone', () => '2'),
  async idle() {
    for (const count of options.connections.split(',')) {
      for (const name of names.filter((one) => !chatServers[one].like)) {
        const { bytesEach, bytesEachAtOnce } = await measure(`idle ${count}`, name, 'idle', '--users', count, '--rest', options.rest);
        console.log(`idle ${name}: ${count} connections, ${Math.round(bytesEach.server)} bytes each (${Math.round(bytesEachAtOnce.server)} at once), database ${Math.round(bytesEach.database)}`);
      }
    }
  },
};

async function prepare() {
  for (const name of names) await (await import(chatServers[name].adapter)).prepare?.();
}

if (options.help) {
  console.log(help);
} else if (options.prepare) {
  await prepare();
} else {
  if (!options.write) {
    await prepare();
    for (const part of chosen(options.part, Object.keys(parts))) await parts[part]();
  }
  console.log(`written: ${writeDocument(all())}`);
}
process.exit(passed ? 0 : 1);
