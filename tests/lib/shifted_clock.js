/** Programs whose wall clock is wrong. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { repository, temporaryDirectory } from './server.js';

let library;

/** The environment of a program whose machine's clock is off by so many seconds. */
export function shiftedClock(seconds) {
  if (!library) {
    library = join(temporaryDirectory(), 'shifted_clock.so');
    execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, join(repository, 'tests/lib/shifted_clock.c')]);
  }
  return { LD_PRELOAD: library, CLOCK_SHIFT: `${seconds}` };
}
