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

/** A guest whose first process is `init`; `parameters` are in that one's environment. Its `output` is what is written to the console. */
function boot(init, memory, parameters = []) {
  const namespace = ['--pid', '--fork', '--kill-child']; // A guest is many processes: they end together.
  const all = [`mem=${memory}`, 'rootfstype=hostfs', 'root=/dev/root', 'ro', `init=${init}`, ...parameters, 'con0=null,fd:1', 'con=null', 'quiet'];
  return new Child('unshare', [...namespace, kernel, ...all], { env: { ...process.env, TMPDIR: '/dev/shm' } });
}

/** Why there can be no guest here, on one line; undefined when there can: one was started. */
export async function missingForGuest() {
  if (!existsSync(kernel)) return 'no User-Mode Linux here: apt-get install user-mode-linux kmod';
  if (process.getuid() !== 0) return 'a guest sees the files as who starts it does: be root';
  const first = join(temporaryDirectory(), 'init');
  writeFileSync(first, '#!/bin/sh\nmount -t proc proc /proc\necho it starts\necho o > /proc/sysrq-trigger\nsleep 60\n', { mode: 0o755 });
  const guest = boot(first, '256M');
  try {
    await within(30_000, 'a guest', guest.ended);
  } catch {
    // What it wrote tells.
  } finally {
    await guest.kill();
  }
  if (guest.output.includes('it starts')) return undefined;
  return `User-Mode Linux does not start here: ${guest.output.trim().split('\n').at(-1)}`;
}

/**
 * Runs a script of bash as the guest's root, and ends the guest.
 * @param options {folder: seen as /guest there, where the script may leave something; systemd: whether it is started by that; memory: as the kernel takes it; ms: how long it may take}
 * @returns {code: of the script, output: of the script}
 */
export async function runInGuest(script, { folder = temporaryDirectory(), systemd = false, memory = '4G', ms = 300_000 } = {}) {
  writeFileSync(join(folder, 'script'), script);
  const guest = boot(init, memory, [`folder=${folder}`, ...(systemd ? ['systemd=yes'] : [])]);
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
