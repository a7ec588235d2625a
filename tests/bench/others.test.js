// bench/chat_servers: its driver against Parley, and against a server that does something wrong. The other chat servers take
// minutes to build or packages that CI does not have; bench/README.md says how they are run.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { chatServers } from '../../bench/chat_servers/servers.mjs';
import { otherChatServers } from '../../bench/chat_servers/section.mjs';
import { Child } from '../lib/child.js';
import { cpuOf, cpuOfFamily, familyOf, memoryOf, memoryOfFamily } from '../lib/process.js';
import { repository } from '../lib/server.js';
import { until } from '../lib/wait.js';

const folder = join(repository, 'bench/chat_servers');
const faulty = join(repository, 'tests/bench/faulty_chat.mjs');

/** Runs the driver; gives {code, output, result}. */
async function drive(adapter, options, env = {}) {
  const child = new Child('node', ['drive.mjs', adapter, ...options], { cwd: folder, env: { ...process.env, ...env } });
  const { code } = await child.ended;
  return { code, output: child.output, result: child.stdout.startsWith('{') ? JSON.parse(child.stdout) : undefined };
}

const short = ['--users', '6', '--seconds', '1', '--warm-up', '0.2'];

test('Parley: messages are counted and timed, and marked as delivered', async () => {
  const { code, output, result } = await drive('./parley.mjs', ['send', ...short]);
  assert.equal(code, 0, output);
  assert.equal(result.passed, true);
  assert.ok(result.messages > 10 && result.rate > 10, output);
  assert.ok(Math.abs(result.marksEach - 1) < 0.5, output);
  const { receipt, acknowledgement } = result.milliseconds;
  assert.ok(receipt.p50 > 0 && receipt.p50 <= receipt.p99 && receipt.p99 <= receipt.max && acknowledgement.p50 > 0, output);
  assert.ok(result.cpuMicrosecondsEach.server > 0 && result.cpuMicrosecondsEach.database === 0, output);
});

test('Parley: idle users are connected to a server started anew on their data', async () => {
  const { code, output, result } = await drive('./parley.mjs', ['idle', '--users', '20', '--first', '10', '--rest', '0']);
  assert.equal(code, 0, output);
  assert.equal(result.connections, 20);
  assert.ok(Number.isFinite(result.bytesEach.server), output);
});

test('a server without a fault passes', async () => {
  const { code, output, result } = await drive(faulty, ['send', ...short]);
  assert.equal(code, 0, output);
  assert.ok(result.messages > 10);
});

const cases = [
  ['loses a message', /came after \d+: lost, or out of order/],
  ['doubles a message', /message \d+ came once more/],
  ['swaps messages', /lost, or out of order/],
  ['shortens a message', /100 bytes came with 99/],
  ['marks a message twice', /were marked as delivered, and \d+ sent/],
  ['acknowledges nothing any more', /1 messages were never acknowledged/],
  ['refuses a message', /refused: overloaded/],
  ['stores nothing', /^0 of \d+ messages are in the store/],
];
for (const [fault, expected] of cases) {
  test(`a server that ${fault} is found out`, async () => {
    const { code, output, result } = await drive(faulty, ['send', '--users', '2', '--seconds', '0.4', '--warm-up', '0', '--patience', '0.5'], { PARLEY_TEST_FAULT: fault });
    assert.equal(code, 1, output);
    assert.ok(result.problems.some((problem) => expected.test(problem)), output);
  });
}

test('users who cannot be paired are refused', async () => {
  const { code, output } = await drive(faulty, ['send', '--users', '3']);
  assert.equal(code, 1);
  assert.match(output, /even number/);
});

test('a family is a process with what it started, and with the time of what has ended', async (t) => {
  const child = new Child('bash', ['-c', 'for ((i = 0; i < 300000; i++)); do :; done & wait; sleep 60 & echo ready; wait']);
  t.after(() => familyOf(child.pid).reverse().forEach((pid) => process.kill(pid, 'SIGKILL')));
  await child.firstLine();
  await until(() => familyOf(child.pid).length === 2, { what: 'the sleeping child' });
  assert.ok(cpuOfFamily(child.pid) >= cpuOf(child.pid) + 20_000, `${cpuOfFamily(child.pid)} and ${cpuOf(child.pid)} µs`);
  const { own, proportional } = memoryOfFamily(child.pid);
  assert.ok(own > memoryOf(child.pid).own && proportional >= own);
});

test('every server has an adapter and says what it does, and the document tells of those that were measured', () => {
  for (const [name, { adapter, users, like, what, message, acknowledged }] of Object.entries(chatServers)) {
    assert.ok(existsSync(join(folder, adapter)) && users % 2 === 0 && message && (chatServers[like] ?? (what && acknowledged)), name);
  }
  const send = (server, cpu) => ({
    part: 'others send', server,
    result: {
      users: 40, rate: 100, marksEach: 1, cpuMicrosecondsEach: { server: cpu, database: cpu / 2, driver: 9 }, cores: { server: 0.5, database: 0.25, driver: 1 },
      milliseconds: { receipt: { p50: 1, p99: 2, max: 3 } }, passed: true,
    },
  });
  const text = otherChatServers([send('parley', 20), send('tinode', 40), { part: 'send', server: 'limit', result: {} }]).join('\n');
  assert.match(text, /`parley` \| 20\.0 \| 10\.0 \| 30\.0 \| 1\.00 ×/);
  assert.match(text, /`tinode` \| 40\.0 \| 20\.0 \| 60\.0 \| 2\.00 × \| 100 \| 75 %/);
  assert.match(text, /- `tinode`: Tinode/);
  assert.doesNotMatch(text, /limit|ejabberd/);
});
