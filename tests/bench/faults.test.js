import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';

import { parley, temporaryDirectory } from '../lib/server.js';
import { FaultyServer } from './faulty_server.js';

/** Runs a short `send` against a server with these faults; gives {code, stdout, stderr}. */
async function sendTo(t, faults, ...options) {
  const server = await FaultyServer.start(faults);
  t.after(() => server.close());
  const accounts = join(temporaryDirectory(), 'accounts');
  return parley(['bench', 'send', '--users', '12', '--seconds', '0.3', '--warm-up', '0', '--quiet', '--url', server.url, '--accounts', accounts, ...options]);
}

test('a server without a fault passes', async (t) => {
  const { code, stdout, stderr } = await sendTo(t, {});
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /checked: all [\d,]+ messages, .* came once and in order/);
});

test('a server that acknowledges nothing passes with --answer echo', async (t) => {
  const { code, stdout } = await sendTo(t, {}, '--answer', 'echo', '--rate', '300');
  assert.equal(code, 0, stdout);
  assert.match(stdout, /acknowledged +[1-9]/);
});

const cases = [
  ['loses a message', { fault: 'loses' }, /FAILED: 1 copies of messages were lost/],
  ['doubles a message', { fault: 'doubles' }, /FAILED: 1 copies of messages came more than once/],
  ['swaps messages', { fault: 'swaps' }, /FAILED: [\d,]+ copies of messages came after a later one/],
  ['misdirects a message', { fault: 'misdirects' }, /FAILED: 1 messages came to somebody to whom nobody had sent them/],
  ['refuses messages', { refuses: 10 }, /FAILED: [\d,]+ messages were refused; the first: .*overloaded/],
  ['hangs up', { hangsUpAfter: 30 }, /FAILED: [\d,]+ connections broke; the first: closed by the server/],
];
for (const [what, faults, expected] of cases) {
  test(`a server that ${what} is found out`, async (t) => {
    const { code, stdout, stderr } = await sendTo(t, faults, '--settle', '1');
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, expected);
  });
}

test('what was found is in the JSON, too', async (t) => {
  const { code, stdout } = await sendTo(t, { fault: 'loses' }, '--json', '--settle', '1');
  assert.equal(code, 1);
  const result = JSON.parse(stdout);
  assert.equal(result.passed, false);
  assert.deepEqual(result.problems, ['1 copies of messages were lost']);
});

test('a server that limits calls is told from a slow one', async (t) => {
  const { code, stderr } = await sendTo(t, { tooManyCalls: true });
  assert.equal(code, 1);
  assert.match(stderr, /429[^]*RATE_LIMIT_AUTH=0/);
});

test('what cannot be read ends the run with a sentence', async (t) => {
  const { code, stderr } = await sendTo(t, { fragments: true });
  assert.equal(code, 1);
  assert.match(stderr, /0 of 12 connections were made; then: the server sent a fragmented/);
});

test('nobody there, and no such process', async () => {
  const nobody = await parley(['bench', 'send', '--url', 'http://127.0.0.1:9', '--quiet']);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /refused/);
  const https = await parley(['bench', 'send', '--url', 'https://localhost']);
  assert.equal(https.code, 1);
  assert.match(https.stderr, /http:\/\//);
  const gone = await parley(['bench', 'send', '--server-pid', '4194304', '--quiet']);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /There is no process 4194304/);
});
