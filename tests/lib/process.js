/** What /proc says of a process. Linux only, as the server is. */
import { readFileSync, readdirSync } from 'node:fs';

import { pause } from './wait.js';

/** Resident bytes, the most they ever were, and private bytes. */
export function memoryOf(pid) {
  const status = `/proc/${pid}/status`;
  return { resident: field(status, 'VmRSS'), peak: field(status, 'VmHWM'), own: privateBytes(pid) };
}

function privateBytes(pid) {
  const file = `/proc/${pid}/smaps_rollup`;
  return field(file, 'Private_Clean') + field(file, 'Private_Dirty');
}

/** User and system time used so far, in microseconds; `withEnded`: and by its children that have ended and been waited for. */
export function cpuOf(pid, { withEnded = false } = {}) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return sum(fields.slice(11, withEnded ? 15 : 13), Number) * (1_000_000 / ticksPerSecond);
}

/** A process and all that it has started, as far as they live. */
export function familyOf(pid) {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => numbers(readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')));
    return [pid, ...children.flatMap(familyOf)];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Microseconds used so far by a family, with those of its children that have ended and been waited for. */
export function cpuOfFamily(pid) {
  return sum(familyOf(pid), (member) => cpuOf(member, { withEnded: true }));
}

/** Private bytes of a family; `proportional`: each shared page too, divided by how many processes share it. */
export function memoryOfFamily(pid) {
  const members = familyOf(pid);
  return { own: sum(members, privateBytes), proportional: sum(members, (member) => field(`/proc/${member}/smaps_rollup`, 'Pss')) };
}

/** Returns when `cpu()`, in microseconds, has grown by next to nothing for half a second. */
export async function untilAtRest(cpu, rounds = 40) {
  for (let round = 0; round < rounds; round += 1) {
    const before = cpu();
    await pause(500);
    if (cpu() - before <= 20_000) return;
  }
}

export function openFilesLimit() {
  return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
}

const ticksPerSecond = 100;

const sum = (list, value) => list.reduce((all, one) => all + value(one), 0);
const numbers = (text) => text.split(' ').filter(Boolean).map(Number);
/** The process has ended, before its file was opened or while it was read. */
const isGone = ({ code }) => code === 'ENOENT' || code === 'ESRCH';

function field(file, name) {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
  return Number(line[1]) * 1024;
}
