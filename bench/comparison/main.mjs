// bench/compare: see there, and --help.
import { parseArgs } from 'node:util';

import { writeDocument } from './document.mjs';
import { benchInGuest, mayHold } from './guest.mjs';
import { all, forget, keep, median, of } from './results.mjs';
import { bench, missing, servers } from './servers.mjs';
import { measureStored } from './stored.mjs';

const help = `Usage: bench/compare [options]
  --rounds N       rounds of the part send, each with every server in turn (3)
  --seconds S      seconds that are measured, of each server and round (5)
  --only A,B       these servers: ${Object.keys(servers).join(', ')}
  --part A,B       these parts: send, paced, idle, storm, history, stored (all but stored, which takes a quarter of an hour)
                   send     closed loop, 1,000 users (original-stack: 20): CPU per message, messages a second
                   paced    open loop at half of what send reached: latency
                   idle     memory of connections that say nothing
                   storm    all connections but 100 users' come back at once
                   history  pages and lists over REST
                   stored   the same pages and lists with few messages stored, and with many
  --connections N  of idle (10000) and storm (5000); of idle, more than a process may hold here go into a guest, with
                   parley alone (apt-get install user-mode-linux)
  --messages N     of stored (10000000)
  --fresh          forget what was measured before; otherwise it is added to
  --write          only write docs/performance.md from what was measured
Stop everything else. The server has core 0, the load generator core 1. Ends by writing docs/performance.md.`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '5' }, only: { type: 'string' }, part: { type: 'string' },
    connections: { type: 'string' }, messages: { type: 'string', default: '10000000' }, fresh: { type: 'boolean' }, write: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

function chosen(list, known) {
  const names = list?.split(',') ?? known;
  for (const name of names) if (!known.includes(name)) throw new Error(`${name} is not one of ${known.join(', ')}`);
  return names;
}

const stored = ['parley', 'limit'];
const here = chosen(options.only, Object.keys(servers)).filter((name) => {
  const program = missing(name);
  if (program) console.log(`${name} is left out: ${program} is not there (bench/README.md says how it is built)`);
  return !program;
});
const among = (names) => names.filter((name) => here.includes(name));

async function measure(part, server, ...what) {
  report(part, server, what, await bench(server, what));
}

function report(part, server, what, result) {
  keep({ part, server, command: `parley bench ${what.join(' ')}`, result });
  const cpu = result.server.cpuMicrosecondsEach.toFixed(1);
  const p99 = Object.entries(result.milliseconds).map(([name, times]) => `${name} p99 ${times.p99.toFixed(1)} ms`);
  const per = result.operations > 0 ? `${Math.round(result.rate)}/s, ${cpu} µs each, ` : '';
  console.log(`${part} ${server}: ${per}${Math.round(result.server.privateBytesAConnection)} bytes private a connection; generator ${(result.generatorCores * 100).toFixed(0)} %; ${p99.join(', ')}`);
}

const parts = {
  async send() {
    for (let round = 0; round < Number(options.rounds); round += 1) {
      for (const name of here) await measure('send', name, 'send', '--users', servers[name].users ?? '1000', '--warm-up', servers[name].warmUp ?? '1.5', '--seconds', options.seconds);
    }
  },
  async paced() {
    for (const name of among([...stored, 'relay-socketio'])) {
      const saturated = of('send', name).map((result) => result.rate);
      if (saturated.length === 0) throw new Error('paced needs the part send before');
      const rate = `${Math.round(median(saturated) / 2)}`;
      await measure('paced', name, 'send', '--users', '1000', '--warm-up', '1.5', '--seconds', options.seconds, '--rate', rate);
    }
  },
  async idle() {
    const count = options.connections ?? '10000';
    const seconds = ['--warm-up', '1', '--seconds', '1', '--parallel', '64'];
    const what = ['idle', '--users', count, ...seconds];
    if (mayHold(Number(count))) {
      for (const name of among(['parley', 'relay-ws', 'relay-socketio'])) await measure(`idle ${count}`, name, ...what);
    } else if (among(['parley']).length > 0) {
      console.log('more connections than a process may hold here: in a guest, some minutes');
      report(`idle ${count}`, 'parley', what, await benchInGuest(what, Number(count)));
    }
  },
  async storm() {
    const count = options.connections ?? '5000';
    for (const name of among(['parley'])) {
      await measure(`storm ${count}`, name, 'storm', '--users', count, '--stay', '100', '--rate', '500', '--warm-up', '1', '--seconds', options.seconds, '--parallel', '64');
    }
  },
  async history() {
    for (const name of among(['parley'])) await measure('history', name, 'history', '--users', '200', '--depth', '60', '--seconds', options.seconds);
  },
  async stored() {
    const server = 'parley';
    if (among([server]).length === 0) return;
    await measureStored({
      total: Number(options.messages), rounds: Number(options.rounds), seconds: options.seconds, say: console.log,
      keep: (one) => {
        keep({ part: 'stored', server, ...one });
        console.log(`stored ${one.stored}, written ${one.written}: ${one.result.server.cpuMicrosecondsEach.toFixed(1)} µs a call`);
      },
    });
  },
};

if (options.help) {
  console.log(help);
} else {
  if (options.fresh) forget();
  const usual = Object.keys(parts).filter((part) => part !== 'stored');
  const wanted = options.write ? [] : options.part ? chosen(options.part, Object.keys(parts)) : usual;
  for (const part of wanted) await parts[part]();
  console.log(`written: ${writeDocument(all())}`);
}
process.exit(0);
