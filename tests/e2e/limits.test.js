import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';

import { Device } from '../lib/device.js';
import { people, say } from '../lib/people.js';
import { memoryOf } from '../lib/process.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError } from '../lib/shapes.js';
import { pause, until } from '../lib/wait.js';
import { Wire } from '../lib/wire.js';

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

describe('messages over Socket.IO', () => {
  test('are 1,000 at once for a user of many devices, and 100 a second from then on, unless it is set', async (t) => {
    const server = await Server.start({ env: { RATE_LIMIT_API: undefined, SHARDS: '1' } });
    t.after(() => server.destroy());
    const [ann, ben] = await people(server, 'ann', 'ben');
    const [phone, laptop, bens] = await Promise.all([ann, ann, ben].map((who) => Device.connect(server, who)));
    const write = (device, receiver) => device.socket.timeout(10_000).emitWithAck('send_message', { receiverId: receiver.id, content: 'hi' });
    const began = Date.now();
    const answers = await Promise.all(Array.from({ length: 1500 }, (_, i) => write(i % 2 ? phone : laptop, ben)));
    const most = 1000 + Math.ceil((Date.now() - began) / 10);
    const taken = answers.filter((answer) => answer.ok).length;
    assert.ok(taken >= 1000 && taken <= most, `${taken} were taken`);
    for (const answer of answers.filter((one) => !one.ok)) {
      assert.deepEqual(answer.error, { code: 'rate_limited', message: 'Too many requests. Please slow down.' });
    }
    assert.ok((await write(bens, ann)).ok, 'another one is not limited by it');
  });
});

describe('a full server', () => {
  test('says in its log how many it turns away, in one line for all of them, and not whom', async (t) => {
    const server = await Server.start({ env: { MAX_CONNECTIONS: '3', SHARDS: '1' } });
    t.after(() => server.destroy());
    const sockets = Array.from({ length: 12 }, () => connect(server.port, '127.0.0.1').on('error', () => {}));
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    await until(() => server.log().includes('turned away'), { what: 'a warning' });
    await until(() => sockets.filter((socket) => socket.closed).length >= 9, { what: 'nine closed connections' });
    const lines = server.log().split('\n').filter((line) => line.includes('turned away'));
    assert.equal(lines.length, 1, lines.join('\n'));
    const words = / warn the server is full: clients are turned away connections=(\d+) sessions=0 displaced=(\d+) tls_handshakes=0 forwarded=0 pauses_without_files=0 max_connections=3$/;
    assert.match(lines[0], words);
    const [, refused, displaced] = words.exec(lines[0]).map(Number);
    assert.ok(refused + displaced > 0, lines[0]);
  });

  const handshake = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n';
  const upgrade = 'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n'
    + 'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const get = (sid) => `GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: h\r\n\r\n`;
  const sidIn = (wire) => /"sid":"([^"]+)"/.exec(wire.text())[1];

  /** What somebody without an account can fill a server with. Each opens one more. */
  const strangers = {
    'connections that say nothing': (port) => Wire.connect(port),
    'half a request': async (port) => (await Wire.connect(port)).write('GET / HTT'),
    'half a body': async (port) => (await Wire.connect(port))
      .write('POST /api/auth/login HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{'),
    'requests that were answered': async (port) => (await Wire.connect(port)).write('GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'),
    'sessions that are never used': async (port) => {
      const wire = await Wire.connect(port);
      wire.write(handshake);
      await until(() => wire.text().includes('"sid"') || wire.isClosed, { what: 'a session' });
      wire.socket.destroy();
    },
    'sessions that wait': async (port) => {
      const wire = await Wire.connect(port);
      wire.write(handshake);
      await until(() => wire.text().includes('"sid"') || wire.isClosed, { what: 'a session' });
      if (!wire.isClosed) wire.write(get(sidIn(wire)));
    },
    'WebSockets that log in never': async (port) => (await Wire.connect(port)).write(upgrade),
  };

  for (const [what, open] of Object.entries(strangers)) {
    /** Not so fast that all places are taken anew between two requests of one who polls: with so few that is a turn of the loop. */
    const fill = async (server) => {
      for (let i = 0; i < 40; i += 1) {
        await open(server.port);
        await pause(3);
      }
    };
    test(`makes room among strangers for whoever logs in: ${what}`, async (t) => {
      const server = await Server.start({ env: { MAX_CONNECTIONS: '24', SHARDS: '1' } });
      t.after(() => server.destroy());
      const [ann, ben, cat] = await people(server, 'ann', 'ben', 'cat');
      const early = await Device.connect(server, ann);
      const polling = await Device.connect(server, ben, { transports: ['polling'] });
      await fill(server);

      const late = await Device.connect(server, cat);
      const lateToo = await Device.connect(server, cat, { transports: ['polling'] });
      await fill(server);
      const message = await say(cat, ann, 'in time');
      assert.equal((await early.next('receive_message'))._id, message._id);
      await say(ann, ben, 'to one who polls');
      await polling.next('receive_message');
      await say(ann, cat, 'to both');
      await Promise.all([late.next('receive_message'), lateToo.next('receive_message')]);
      for (const device of [early, polling, late, lateToo]) assert.deepEqual(device.drops, []);
      const metrics = (await cat.rest.get('/metrics')).text;
      const displaced = [...metrics.matchAll(/^parley_(?:connections|sessions)_displaced_total (\d+)$/gm)].map((found) => Number(found[1]));
      assert.equal(displaced.length, 2);
      assert.ok(displaced[0] + displaced[1] >= 20, `${displaced} made way`);
    });
  }

  test('of strangers on one shard lets newcomers in on all of them', async (t) => {
    const server = await Server.start({ env: { MAX_CONNECTIONS: '60', SHARDS: '4' } });
    t.after(() => server.destroy());
    const everybody = await people(server, 'ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal');
    const wire = await Wire.connect(server.port);
    t.after(() => wire.socket.destroy());
    for (let i = 1; i <= 150; i += 1) {
      wire.write(handshake);
      await until(() => wire.text().split('"sid"').length > i || wire.isClosed, { what: 'a session' });
    }
    for (const person of everybody) {
      for (const transports of [['websocket'], ['polling']]) await Device.connect(server, person, { transports });
    }
  });

  test('holds little for who asks and does not listen', async (t) => {
    const server = await Server.start({ env: { SHARDS: '1' } });
    t.after(() => server.destroy());
    const [ann] = await people(server, 'ann');
    const before = memoryOf(server.pid).resident;
    for (let i = 0; i < 40; i += 1) {
      const wire = await Wire.connect(server.port, { reading: false });
      t.after(() => wire.socket.destroy());
      wire.write('GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n'.repeat(600));
    }
    await Device.connect(server, ann);
    const more = memoryOf(server.pid).resident - before;
    assert.ok(more < 40 * 2 ** 20, `${more} bytes more`);
  });
});
