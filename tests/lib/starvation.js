/**
 * How long the machine kept processes waiting that wanted to run, so that a bound on what is measured can tell a slow
 * server from a starved machine. On an idle machine that is nothing, and a process that waits for something else is not
 * starved.
 */
import { readFileSync, readdirSync } from 'node:fs';

const every = 20;
const tolerated = 5;  // A timer is that late on an idle machine, too.

export class Starvation {
  /** Begins to measure. @param processes the ids of those that take part in what is measured */
  constructor(processes) {
    this.before = new Map([process.pid, ...processes].map((pid) => [pid, waitsOf(pid)]));
    this.late = 0;
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      const late = now - last - every;
      if (late > tolerated) this.late += late;
      last = now;
    }, every);
  }

  /** Milliseconds so far: what each process waited, one after the other, and what this one's own work took. */
  get ms() {
    return [...this.before].reduce((sum, [pid, before]) => sum + waited(before, waitsOf(pid)), this.late);
  }

  stop() {
    clearInterval(this.timer);
  }
}

/** What the thread waited that waited longest. */
function waited(before, after) {
  return Math.max(0, ...[...after].map(([thread, ms]) => ms - (before.get(thread) ?? 0)));
}

/** Milliseconds for which each thread could run and did not; empty when the process has ended. */
function waitsOf(pid) {
  const folder = `/proc/${pid}/task`;
  try {
    return new Map(readdirSync(folder).map((thread) => [thread, Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[1]) / 1e6]));
  } catch {
    return new Map();
  }
}
