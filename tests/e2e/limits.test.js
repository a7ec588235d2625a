import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';

import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError } from '../lib/shapes.js';
import { until } from '../lib/wait.js';

/** A server of its own, because the counters belong to its whole life. */
async function serverWith(t, env) {
  const server = await Server.start({ env });
  t.after(() => server.destroy());
  return new Rest(server.url);
}

/** A login that is a 400 at once, so that no password is hashed. */
const login = (rest, headers) => rest.post('/api/auth/login', {}, { headers });
const me = (rest, headers) => rest.get('/api/users/me', { headers });

async function repeat(times, call) {
  const answers = [];
  for (let round = 0; round < times; round += 1) answers.push(await call());
  return answers;
}

describe('rate limits', () => {
  test('refuse with 429, the contract\'s words and how long to wait', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '3', RATE_LIMIT_API: '0' });
    for (const answer of await repeat(3, () => login(rest))) assert.equal(answer.status, 400, answer.text);
    const refused = await login(rest);
    assertError(refused, 429, { message: 'Too many requests. Please slow down.', code: 'rate_limited' });
    const wait = Number(refused.headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 60, `Retry-After ${wait}`);
  });

  test('count down in RateLimit-* on every answer', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '4', RATE_LIMIT_API: '0' });
    const answers = await repeat(5, () => login(rest));
    const remaining = answers.map((answer) => Number(answer.headers.get('ratelimit-remaining')));
    assert.deepEqual(remaining, [3, 2, 1, 0, 0]);
    for (const answer of answers) {
      assert.equal(answer.headers.get('ratelimit-limit'), '4');
      const reset = Number(answer.headers.get('ratelimit-reset'));
      assert.ok(reset >= 0 && reset <= 60, `RateLimit-Reset ${reset}`);
    }
  });

  test('are separate for auth routes and the rest', async (t) => {
    // The question whether the server is ready may count as well: this client has another address.
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '2', RATE_LIMIT_API: '3', TRUSTED_PROXIES: '127.0.0.1' });
    const from = { 'x-forwarded-for': '203.0.113.9' };
    assert.deepEqual((await repeat(3, () => login(rest, from))).map((answer) => answer.status), [400, 400, 429]);
    assert.deepEqual((await repeat(4, () => me(rest, from))).map((answer) => answer.status), [401, 401, 401, 429]);
  });

  test('keep Helmet\'s and CORS headers on the refusal', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '1', RATE_LIMIT_API: '1' });
    await me(rest);
    const refused = await me(rest, { origin: 'http://app.example.org' });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('x-content-type-options'), 'nosniff');
    assert.ok(refused.headers.get('access-control-allow-origin'));
  });

  test('are 10 for auth routes and 300 for the rest unless they are set', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: undefined, RATE_LIMIT_API: undefined, TRUSTED_PROXIES: '127.0.0.1' });
    let lastByte = 0;
    /** Which of so many calls is the first to be refused, asked within one window: another begins every minute. */
    const refused = async (times, call) => {
      const from = { 'x-forwarded-for': `203.0.113.${(lastByte += 1)}` };
      const answers = await repeat(times, () => call(rest, from));
      const [first, last] = [answers[0], answers.at(-1)].map((answer) => Number(answer.headers.get('ratelimit-reset')));
      return last > first ? refused(times, call) : answers.findIndex((answer) => answer.status === 429);
    };
    assert.equal(await refused(11, login), 10);
    assert.equal(await refused(301, me), 300);
  });

  test('cannot be escaped by another way to write the path', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '1', RATE_LIMIT_API: '0' });
    assert.equal((await login(rest)).status, 400);
    for (const path of ['//api/auth/login', '/api//auth/login', '/api/auth//login', '/api/auth/login/', '/%61pi/auth/login'])
      assert.equal((await rest.post(path, {})).status, 429, path);
  });

  test('are off at 0', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '0', RATE_LIMIT_API: '0' });
    for (const answer of await repeat(320, () => me(rest))) assert.equal(answer.status, 401);
    for (const answer of await repeat(15, () => login(rest))) assert.equal(answer.status, 400);
  });

  test('believe X-Forwarded-For from nobody by default', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '2', RATE_LIMIT_API: '0' });
    let next = 1;
    const answers = await repeat(3, () => login(rest, { 'x-forwarded-for': `203.0.113.${next++}` }));
    assert.deepEqual(answers.map((answer) => answer.status), [400, 400, 429]);
  });

  test('count the client behind a trusted proxy', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '1', RATE_LIMIT_API: '0', TRUSTED_PROXIES: '127.0.0.1' });
    const from = (address) => login(rest, { 'x-forwarded-for': address });
    assert.equal((await from('203.0.113.1')).status, 400);
    assert.equal((await from('203.0.113.2')).status, 400);
    assert.equal((await from('203.0.113.1')).status, 429);
  });

  test('cannot be escaped by what a client puts into the header in front of the proxy', async (t) => {
    const rest = await serverWith(t, { RATE_LIMIT_AUTH: '1', RATE_LIMIT_API: '0', TRUSTED_PROXIES: '127.0.0.1' });
    assert.equal((await login(rest, { 'x-forwarded-for': '10.9.8.7, 203.0.113.1' })).status, 400);
    assert.equal((await login(rest, { 'x-forwarded-for': '10.9.8.6, 203.0.113.1' })).status, 429);
  });
});

describe('a full server', () => {
  test('says in its log how many it turns away, in one line for all of them, and not whom', async (t) => {
    const server = await Server.start({ env: { MAX_CONNECTIONS: '3' } });
    t.after(() => server.destroy());
    const sockets = Array.from({ length: 12 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    await until(() => server.log().includes('turned away'), { what: 'a warning' });
    await until(() => sockets.filter((socket) => socket.closed).length >= 9, { what: 'nine closed connections' });
    const lines = server.log().split('\n').filter((line) => line.includes('turned away'));
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0], / warn the server is full: clients are turned away connections=[1-9]\d* sessions=0 tls_handshakes=0 pauses_without_files=0 max_connections=3$/);
  });
});
