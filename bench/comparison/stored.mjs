/** The same pages and lists, while few messages are stored and after many others came. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';

import { cpuOf } from '../../tests/lib/process.js';
import { temporaryDirectory } from '../../tests/lib/server.js';
import { pause } from '../../tests/lib/wait.js';
import { drive, start } from './servers.mjs';

const users = '200';
const few = ['send', '--users', users, '--contacts', '8', '--reads', '0.5', '--rate', '2000', '--seconds', '5', '--warm-up', '0'];
const many = ['send', '--users', '1000', '--contacts', '20', '--reads', '0.5', '--seconds', '60', '--warm-up', '0'];
const read = (seconds) => ['history', '--users', users, '--depth', '0', '--parallel', '8', '--warm-up', '2', '--seconds', seconds];

async function on(directory, work) {
  const server = await start('parley', directory);
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

/** The server has seen that nobody writes, and what it does then is done. */
async function untilAtRest({ pid }) {
  await pause(15_000);
  for (let before = cpuOf(pid), busy = true; busy;) {
    await pause(3_000);
    const now = cpuOf(pid);
    busy = now - before > 150_000;
    before = now;
  }
}

/**
 * Reads by turns, `rounds` times each: what some users wrote into an empty store; the same with `total` messages of others on top; what some wrote after those.
 * @param keep called with {stored, written, command, result} of each reading
 */
export async function measureStored({ total, rounds, seconds, say, keep }) {
  const [small, large, accounts] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
  const [first, others, last] = ['first', 'others', 'last'].map((name) => join(accounts, name));
  const write = async (server, what, whose) => (await drive('parley', server, what, whose)).operations;

  const begun = await on(large, (server) => write(server, few, first));
  cpSync(large, small, { recursive: true });
  let stored = begun;
  await on(large, async (server) => {
    while (stored < total) {
      stored += await write(server, many, others);
      say(`stored: ${stored.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} messages`);
    }
    stored += await write(server, few, last);
  });
  for (const directory of [small, large]) await on(directory, untilAtRest);
  const cases = [
    { directory: small, stored: begun, written: 'first', whose: first },
    { directory: large, stored, written: 'first', whose: first },
    { directory: large, stored, written: 'last', whose: last },
  ];
  const reading = read(seconds);
  const command = [few, many, reading].map((one) => `parley bench ${one.join(' ')}`).join('\n');
  for (let round = 0; round < rounds; round += 1) {
    for (const { directory, whose, ...which } of cases) {
      keep({ ...which, command, result: await on(directory, (server) => drive('parley', server, reading, whose)) });
    }
  }
}
