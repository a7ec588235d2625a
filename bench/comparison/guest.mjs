/** More connections than this machine lets a process open, held in a guest whose root may open any number. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { guestKernel, missingForGuest, runInGuest } from '../../tests/lib/guest.js';
import { binary, temporaryDirectory } from '../../tests/lib/server.js';
import { drive, settings, start } from './servers.mjs';

/** Of a server or a load generator, besides connections. */
const otherFiles = 1000;
/** A guest is slow: nobody is asked for a sign of life. */
const inGuest = { ...settings, PING_INTERVAL: '60m', PORT: '8000', DATA_DIR: '/run/data' };

/** Whether one process here may hold as many connections. */
export function mayHold(connections) {
  const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return hard === undefined || Number(hard) >= connections + otherFiles;
}

/** Registers and logs in the users, outside, where it is faster: `folder` then has `data` and `accounts`. */
async function prepare(folder, users) {
  mkdirSync(join(folder, 'data'));
  const server = await start('parley', join(folder, 'data'));
  try {
    await drive('parley', server, ['login', '--users', users, '--warm-up', '0', '--seconds', '0.1', '--parallel', '64'], join(folder, 'accounts'));
  } finally {
    await server.end();
  }
}

const script = (options, connections) => `
  set -eu
  ulimit -n ${connections + otherFiles}
  echo '1024 65535' > /proc/sys/net/ipv4/ip_local_port_range
  cp -r /guest/data /guest/accounts /run
  export ${Object.entries(inGuest).map(([name, value]) => `${name}='${value}'`).join(' ')}
  '${binary}' serve &
  server=$!
  until curl -sf --max-time 10 "http://$HOST:$PORT/readyz"; do
    kill -0 "$server"
    sleep 0.2
  done
  '${binary}' bench ${options.join(' ')} --url "http://$HOST:$PORT" --server-pid "$server" --accounts /run/accounts --json --quiet > /guest/result.json
  kill "$server"
  wait "$server"`;

/** Runs `parley bench idle` with these options against a new Parley; gives its JSON, and the guest's kernel as `guest`. */
export async function benchInGuest(options, connections) {
  const missing = await missingForGuest();
  if (missing) throw new Error(`This machine lets a process have fewer than ${connections} connections. A guest could hold them, but: ${missing}`);
  const folder = temporaryDirectory();
  await prepare(folder, `${connections}`);
  const { code, output } = await runInGuest(script(options, connections), { folder, memory: '12G', ms: 3_600_000 });
  if (code !== 0) throw new Error(`in the guest: ${output}`);
  return { ...JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')), guest: await guestKernel() };
}
