import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { Child } from '../lib/child.js';
import { Server, binary, parley, temporaryDirectory } from '../lib/server.js';

let server;
const directory = temporaryDirectory();
const accounts = join(directory, 'accounts');

before(async () => {
  server = await Server.start({ env: { LOG_LEVEL: 'warn', HASH_QUEUE: '1000' } });
});
after(() => server.destroy());

/** Runs a scenario for a second; gives its JSON. */
async function bench(...options) {
  const { code, stdout, stderr } = await parley([
    'bench', ...options, '--url', server.url, '--accounts', accounts, '--server-pid', `${server.pid}`, '--json', '--quiet',
  ]);
  assert.equal(code, 0, stdout + stderr);
  return JSON.parse(stdout);
}

test('send, closed loop: all is counted, timed and measured', async () => {
  const result = await bench('send', '--users', '30', '--seconds', '1.2', '--warm-up', '0.1');
  assert.equal(result.passed, true);
  assert.equal(result.connections, 30);
  assert.ok(result.operations > 30);
  assert.ok(result.counts.delivered > 0 && result.counts.events > result.counts.delivered);
  const times = result.milliseconds['send to receipt'];
  assert.ok(times.p50 > 0 && times.p50 <= times.p99 && times.p99 <= times.max);
  assert.ok(result.server.cpuMicrosecondsEach > 0 && result.server.privateBytes > 0);
  assert.ok(result.generatorCores > 0);
  assert.equal(result.course.length, 1);
});

test('accounts are kept, for their owner alone, and used again', async () => {
  const first = readFileSync(accounts, 'utf8').split('\n');
  assert.equal(statSync(accounts).mode & 0o777, 0o600);
  await bench('send', '--users', '10', '--seconds', '0.3', '--warm-up', '0');
  assert.deepEqual(readFileSync(accounts, 'utf8').split('\n'), first);
});

test('send, open loop, with devices, reads, typing and client ids', async () => {
  const result = await bench(
    'send', '--users', '20', '--devices', '2', '--seconds', '1', '--warm-up', '0.1', '--rate', '300', '--reads', '0.5', '--typing', '0.5', '--client-ids',
  );
  assert.equal(result.connections, 40);
  assert.ok(result.rate > 150 && result.rate < 450, `${result.rate}/s`);
});

test('send with time to think is slower', async () => {
  const result = await bench('send', '--users', '20', '--seconds', '1', '--warm-up', '0.1', '--think', '1');
  assert.ok(result.rate < 60, `${result.rate}/s`);
});

test('idle holds connections', async () => {
  const result = await bench('idle', '--users', '40', '--devices', '2', '--seconds', '0.5', '--warm-up', '0');
  assert.equal(result.connections, 80);
  assert.equal(typeof result.server.privateBytesAConnection, 'number');
});

test('storm brings everybody back, while some go on', async () => {
  const result = await bench('storm', '--users', '60', '--stay', '10', '--seconds', '0.5', '--warm-up', '0.1', '--rate', '200');
  assert.equal(result.counts['came back'], 50);
  assert.ok(result.counts['sent before'] > 0);
  assert.equal(result.milliseconds['storm to back again'].count, 50);
});

test('history reads pages that have messages', async () => {
  const result = await bench('history', '--users', '10', '--depth', '25', '--seconds', '0.5', '--warm-up', '0.1', '--parallel', '4');
  assert.ok(result.counts['messages, with warm-up'] > 20);
  assert.ok(result.milliseconds['page, with warm-up'].count > 0 && result.milliseconds['list, with warm-up'].count > 0);
});

test('login logs in', async () => {
  const result = await bench('login', '--users', '10', '--seconds', '0.5', '--warm-up', '0', '--rate', '50');
  assert.ok(result.counts.answered > 5);
});

test('login takes files for its calls alone, however many users there are', async () => {
  const options = ['bench', 'login', '--users', '60', '--seconds', '0.2', '--warm-up', '0', '--url', server.url, '--accounts', accounts, '--quiet'];
  const bounded = new Child('prlimit', ['--nofile=230:230', binary, ...options]);
  assert.equal((await bounded.ended).code, 0, bounded.output);
});

test('people get a table, and a page that needs nothing else', async () => {
  const page = join(directory, 'page.html');
  const { code, stdout, stderr } = await parley([
    'bench', 'send', '--users', '10', '--seconds', '1.1', '--warm-up', '0', '--url', server.url, '--accounts', accounts, '--report', page,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /acknowledged +[\d,]+ +[\d,]+\/s/);
  assert.match(stdout, /p99\.9/);
  const html = readFileSync(page, 'utf8');
  assert.ok(html.includes('<svg') && html.includes('</html>'));
  assert.doesNotMatch(html, /<script|src=|href=/);
});
