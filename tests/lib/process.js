/** What /proc says of a process. Linux only, as the server is. */
import { readFileSync } from 'node:fs';

/** Resident and private bytes. */
export function memoryOf(pid) {
  return { resident: field(`/proc/${pid}/status`, 'VmRSS'), own: privateBytes(pid) };
}

function privateBytes(pid) {
  const file = `/proc/${pid}/smaps_rollup`;
  return field(file, 'Private_Clean') + field(file, 'Private_Dirty');
}

/** User and system time used so far, in microseconds. */
export function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return (user + system) * (1_000_000 / ticksPerSecond);
}

export function openFilesLimit() {
  return Number(/Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1]);
}

const ticksPerSecond = 100;

function field(file, name) {
  const line = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'));
  return Number(line[1]) * 1024;
}
