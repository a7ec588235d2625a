/** More connections than this machine lets a process open, held in a guest under User-Mode Linux, whose root may open any number. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from '../../tests/lib/child.js';
import { binary, temporaryDirectory } from '../../tests/lib/server.js';
import { drive, settings, start } from './servers.mjs';

const init = fileURLToPath(new URL('guest-init', import.meta.url));
const kernel = '/usr/bin/linux.uml';
/** Of a server or a load generator, besides connections. */
const otherFiles = 1000;
/** Its time goes by other than ours: nobody is asked for a sign of life. */
const quiet = { PING_INTERVAL: '60m', PORT: '8000' };

/** Whether one process here may hold as many connections. */
export function mayHold(connections) {
  const [, hard] = /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return hard === undefined || Number(hard) >= connections + otherFiles;
}

/** Registers and logs in the users, outside, where it is faster: `directory` then has `data` and `accounts`. */
async function prepare(directory, users) {
  mkdirSync(join(directory, 'data'));
  const server = await start('parley', join(directory, 'data'));
  try {
    await drive('parley', server, ['login', '--users', users, '--warm-up', '0', '--seconds', '0.1', '--parallel', '64'], join(directory, 'accounts'));
  } finally {
    await server.end();
  }
}

/** Runs `parley bench idle` with these options against a new Parley; gives its JSON, and the guest's kernel as `guest`. */
export async function benchInGuest(options, connections) {
  if (!existsSync(kernel)) throw new Error(`This machine allows a process fewer than ${connections} connections. A guest can hold them: apt-get install user-mode-linux`);
  const work = temporaryDirectory();
  await prepare(work, `${connections}`);
  const given = { ...settings, ...quiet, BINARY: binary, FILES: `${connections + otherFiles}`, OPTIONS: options.join(' ') };
  writeFileSync(join(work, 'settings'), Object.entries(given).map(([name, value]) => `export ${name}='${value}'\n`).join(''));
  const guest = new Child(kernel, ['mem=12G', 'rootfstype=hostfs', 'root=/dev/root', 'rw', `init=${init}`, `work=${work}`, 'con0=null,fd:1', 'con=null', 'quiet'], {
    env: { ...process.env, TMPDIR: '/dev/shm' },
  });
  await guest.ended;
  const [, release] = /^(\S+)/.exec((await output(kernel, '--version')).trim()) ?? [];
  try {
    return { ...JSON.parse(readFileSync(join(work, 'result.json'), 'utf8')), guest: `User-Mode Linux ${release}` };
  } catch (error) {
    throw new Error(`the guest: ${error.message}\n${guest.output}`);
  }
}

async function output(...command) {
  const child = new Child(command[0], command.slice(1));
  await child.ended;
  return child.stdout;
}
