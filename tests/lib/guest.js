/**
 * Another machine in a process (User-Mode Linux): it sees the files of this one and changes none of them, its root may do everything, and it has a systemd where that
 * is wanted. It has one processor, is slow wherever the kernel is asked for something, and its network is its own loopback.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Child } from './child.js';
import { temporaryDirectory } from './server.js';
import { within } from './wait.js';

const kernel = '/usr/bin/linux.uml';
const init = fileURLToPath(new URL('guest_init.sh', import.meta.url));

/** Why there can be no guest here; undefined when there can. */
export function missingForGuest() {
  if (!existsSync(kernel)) return 'no User-Mode Linux here: apt-get install user-mode-linux kmod';
  return process.getuid() === 0 ? undefined : 'a guest sees the files as who starts it does: be root';
}

/**
 * Runs a script of bash as the guest's root, and ends the guest.
 * @param options {folder: seen as /guest there, where the script may leave something; systemd: whether it is started by that; memory: as the kernel takes it; ms: how long it may take}
 * @returns {code: of the script, output: of the script}
 */
export async function runInGuest(script, { folder = temporaryDirectory(), systemd = false, memory = '4G', ms = 300_000 } = {}) {
  writeFileSync(join(folder, 'script'), script);
  const parameters = [`mem=${memory}`, 'rootfstype=hostfs', 'root=/dev/root', 'ro', `init=${init}`, `folder=${folder}`, ...(systemd ? ['systemd=yes'] : [])];
  const namespace = ['--pid', '--fork', '--kill-child']; // A guest is many processes: they end together.
  const guest = new Child('unshare', [...namespace, kernel, ...parameters, 'con0=null,fd:1', 'con=null', 'quiet'], { env: { ...process.env, TMPDIR: '/dev/shm' } });
  const read = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '');
  try {
    await within(ms, 'a guest', guest.ended);
  } catch (error) {
    error.message += `\n${guest.output}\n${read('output')}`;
    throw error;
  } finally {
    await guest.kill();
  }
  if (read('code') === '') throw new Error(`the guest did not get to the end of its script\n${guest.output}\n${read('output')}`);
  return { code: Number(read('code')), output: read('output') };
}

/** Its kernel's name and release. */
export async function guestKernel() {
  const child = new Child(kernel, ['--version']);
  await child.ended;
  return `User-Mode Linux ${child.stdout.trim()}`;
}
