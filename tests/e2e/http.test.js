import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { person, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError } from '../lib/shapes.js';
import { Wire } from '../lib/wire.js';

let server;
let rest;

before(async () => {
  server = await Server.start();
  rest = new Rest(server.url);
});
after(() => server?.destroy());

/** Writes bytes on a new connection and gives it. */
async function wireWith(t, ...pieces) {
  const wire = await Wire.connect(server.port);
  t.after(() => wire.destroy());
  for (const piece of pieces) wire.write(piece);
  return wire;
}

const json = (body) => `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('bodies', () => {
  const login = (raw, headers) => rest.post('/api/auth/login', undefined, { raw, headers });

  test('that are not JSON objects are a 400', async () => {
    for (const raw of ['', '{', '{"email"', 'null', '[]', '"text"', '12', 'true', '{"a":1}x', '{\'a\':1}', '{"a":01}',
      '{"a":"\u0001"}', '\u0000', '{,}', '{"a":nan}']) {
      assertError(await login(raw), 400);
    }
  });

  test('with bad UTF-8 are a 400', async () => {
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80], [0xe2, 0x82]]) {
      const raw = Buffer.concat([Buffer.from('{"email":"a'), Buffer.from(bytes), Buffer.from('","password":"secret"}')]);
      assertError(await login(raw), 400);
    }
  });

  test('with half a surrogate pair as an escape are a 400', async () => {
    assertError(await login('{"email":"\\ud800@example.org","password":"secret"}'), 400);
  });

  test('that are nested deeply are a 400 and cost nothing', async () => {
    const ann = await person(server);
    const ask = (raw) => ann.rest.post('/api/users/status', undefined, { raw });
    for (const depth of [100, 1000, 40_000]) {
      assertError(await ask(`{"ids":${'['.repeat(depth)}${']'.repeat(depth)}}`), 400);
      assertError(await ask(`${'{"a":'.repeat(Math.min(depth, 15_000))}1`), 400);
    }
  });

  test('of more than 8 KiB are a 413 where anybody may send them', async (t) => {
    const big = JSON.stringify({ email: 'x'.repeat(9000), password: 'y' });
    assertError(await login(big), 413, { code: 'too_large' });
    const wire = await wireWith(t, 'POST /api/auth/password/forgot HTTP/1.1\r\nHost: a\r\nContent-Length: 8193\r\n\r\n');
    assert.equal((await wire.answer()).status, 413);
  });

  test('over the limit are a 413 that reaches a client which is still sending', async (t) => {
    const big = JSON.stringify({ email: 'x'.repeat(300 * 1024), password: 'y' });
    assertError(await login(big), 413, { code: 'too_large' });
    const head = 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n';
    const wire = await wireWith(t, head, 'z'.repeat(5_000_000));
    assert.equal((await wire.answer()).status, 413);
  });

  test('over the limit are refused before they are sent', async (t) => {
    const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100000000\r\n\r\n');
    assert.equal((await wire.answer()).status, 413);
  });

  test('may come in chunks', async (t) => {
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'secret' });
    const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n');
    for (const letter of body) wire.write(`1\r\n${letter}\r\n`);
    wire.write('0\r\n\r\n');
    assert.equal((await wire.answer({ ms: 5000 })).status, 401);
  });

  test('in chunks over the limit are a 413', async (t) => {
    const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Transfer-Encoding: chunked\r\n\r\n');
    const chunk = `8000\r\n${'x'.repeat(0x8000)}\r\n`;
    for (let sent = 0; sent < 20 && !wire.isClosed; sent += 1) wire.write(chunk);
    assert.equal((await wire.answer()).status, 413);
  });

  test('of another type than JSON are not read as JSON', async () => {
    const raw = 'email=a%40example.org&password=secret';
    const answer = await login(raw, { 'content-type': 'application/x-www-form-urlencoded' });
    assert.ok([400, 415].includes(answer.status), answer.text);
    assertError(answer, answer.status);
  });

  test('may say their charset', async () => {
    const raw = JSON.stringify({ email: 'nobody@example.org', password: 'secret' });
    assertError(await login(raw, { 'content-type': 'application/json; charset=utf-8' }), 401);
  });

  test('with duplicate members are taken one way or refused, never half', async () => {
    const who = await person(server);
    const raw = `{"email":"${who.email}","email":{"$gt":""},"password":"${who.password}"}`;
    const answer = await login(raw);
    assert.ok([200, 400].includes(answer.status), answer.text);
  });
});

describe('routing', () => {
  test('answers an unknown path with a 404 in the contract\'s form', async () => {
    for (const path of ['/nope', '/api', '/api/nope', '/api/auth', '/api/auth/login/x', '/api/users/a/b/c', '/socket.io',
      '/../etc/passwd', '/%2e%2e/etc/passwd', '/api/conversations/x']) {
      assertError(await rest.get(path), 404, { code: 'not_found' });
    }
  });

  test('answers another method with a 405 that says which are allowed', async () => {
    const cases = { '/api/auth/login': 'GET', '/api/conversations': 'DELETE', '/api/users/me': 'POST', '/healthz': 'PUT' };
    for (const [path, method] of Object.entries(cases)) {
      const answer = await rest.call(method, path);
      assertError(answer, 405);
      assert.match(answer.headers.get('allow'), /GET|POST/);
      assert.ok(!answer.headers.get('allow').split(/, */).includes(method));
    }
  });

  test('answers HEAD as GET without a body', async () => {
    for (const path of ['/healthz', '/', '/nope']) {
      const [head, get] = [await rest.call('HEAD', path), await rest.get(path)];
      assert.equal(head.status, get.status);
      assert.equal(head.text, '');
      assert.equal(head.headers.get('content-type'), get.headers.get('content-type'));
    }
  });

  test('HEAD on a kept connection does not leave a body behind', async (t) => {
    const wire = await wireWith(t, 'HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nope HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await wire.answer({ head: true })).status, 200);
    assert.equal((await wire.answer()).status, 404);
  });

  test('answers OPTIONS with 204 and Allow', async () => {
    const answer = await rest.call('OPTIONS', '/api/auth/login');
    assert.equal(answer.status, 204);
    assert.equal(answer.text, '');
  });

  test('ignores a slash at the end and a query it does not know', async () => {
    assert.equal((await rest.get('/healthz/')).status, 200);
    assert.equal((await rest.get('/healthz?x=1&x=2&%zz')).status, 200);
  });
});

describe('GET /', () => {
  test('says that the API works', async () => {
    const answer = await rest.get('/', { headers: { accept: 'application/json' } });
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { message: 'API working!' });
    assert.deepEqual((await rest.get('/', { headers: { accept: '*/*' } })).body, { message: 'API working!' });
  });

  test('sends a browser to the web client', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const answer = await rest.get('/', { headers: { accept } });
    if (answer.status === 200) return assert.match(answer.headers.get('content-type'), /^text\/html/);
    assert.ok([302, 303, 307].includes(answer.status), `status ${answer.status}`);
    assert.ok(answer.headers.get('location').startsWith('/'));
  });
});

describe('operations', () => {
  test('/healthz and /readyz answer 200 without a token', async () => {
    for (const path of ['/healthz', '/readyz']) assert.equal((await rest.get(path)).status, 200);
  });

  test('/metrics is the text format of Prometheus, line by line', async () => {
    await person(server);
    const answer = await rest.get('/metrics');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/plain/);
    const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\.)*",?)*\})? (\S+)( \d+)?$/;
    for (const line of answer.text.split('\n')) {
      if (line === '' || line.startsWith('#')) continue;
      assert.match(line, sample);
      assert.ok(!Number.isNaN(Number(sample.exec(line)[4].replace(/Inf$/, 'Infinity'))), line);
    }
  });

  test('/metrics tells connections, messages, latencies, queues, rejects and the build', async () => {
    const { text } = await rest.get('/metrics');
    for (const name of [/build_info/, /connections/, /messages/, /commit.*_seconds_bucket/, /deliver.*_seconds_bucket/, /queue/, /reject/]) {
      assert.match(text, name);
    }
  });

  test('/metrics names no user and no room', async () => {
    const who = await person(server);
    await who.rest.get('/api/users/me');
    const { text } = await rest.get('/metrics');
    assert.ok(!text.includes(who.id) && !text.includes(who.username));
  });
});

describe('headers', () => {
  const helmet = {
    'content-security-policy': /default-src/,
    'cross-origin-opener-policy': /^same-origin$/,
    'cross-origin-resource-policy': /^(same-origin|cross-origin)$/,
    'origin-agent-cluster': /^\?1$/,
    'referrer-policy': /^no-referrer$/,
    'strict-transport-security': /^max-age=\d+/,
    'x-content-type-options': /^nosniff$/,
    'x-dns-prefetch-control': /^off$/,
    'x-download-options': /^noopen$/,
    'x-frame-options': /^SAMEORIGIN$/,
    'x-permitted-cross-domain-policies': /^none$/,
    'x-xss-protection': /^0$/,
  };

  test('of Helmet are on every answer, errors included', async () => {
    const answers = [await rest.get('/'), await rest.get('/nope'), await rest.get('/api/users/me'), await rest.get('/healthz'),
      await rest.post('/api/auth/login', {}), await rest.call('DELETE', '/api/auth/login')];
    for (const answer of answers) {
      for (const [name, form] of Object.entries(helmet)) assert.match(answer.headers.get(name) ?? '', form, name);
      assert.equal(answer.headers.get('x-powered-by'), null);
    }
  });

  test('JSON says so', async () => {
    assert.match((await rest.get('/nope')).headers.get('content-type'), /^application\/json/);
  });
});

describe('CORS', () => {
  const origin = 'http://app.example.org';
  const preflight = { origin, 'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization,content-type' };

  test('lets every origin in by default, on answers and errors', async () => {
    for (const path of ['/', '/nope', '/api/users/me']) {
      const answer = await rest.get(path, { headers: { origin } });
      assert.ok(['*', origin].includes(answer.headers.get('access-control-allow-origin')), path);
    }
  });

  test('answers a preflight with what is asked for', async () => {
    const answer = await rest.call('OPTIONS', '/api/users/me', { headers: preflight });
    assert.equal(answer.status, 204);
    assert.ok(['*', origin].includes(answer.headers.get('access-control-allow-origin')));
    assert.match(answer.headers.get('access-control-allow-methods'), /PATCH/);
    assert.match(answer.headers.get('access-control-allow-headers').toLowerCase(), /authorization/);
    assert.match(answer.headers.get('access-control-allow-headers').toLowerCase(), /content-type/);
  });

  test('with CLIENT_URL lets in the origins of that list and no other', async (t) => {
    const origins = ['http://app.example.org', 'https://chat.example.org'];
    const other = await Server.start({ env: { CLIENT_URL: origins.join(',') } });
    t.after(() => other.destroy());
    const strict = new Rest(other.url);
    for (const path of ['/', '/api/users/me', '/socket.io/?EIO=4&transport=polling']) {
      for (const each of origins) {
        const answer = await strict.get(path, { headers: { origin: each } });
        assert.equal(answer.headers.get('access-control-allow-origin'), each);
        assert.match(answer.headers.get('vary'), /origin/i);
      }
      for (const stranger of ['http://evil.example.org', 'http://app.example.org.evil.org', 'null']) {
        const answer = await strict.get(path, { headers: { origin: stranger } });
        assert.notEqual(answer.headers.get('access-control-allow-origin'), stranger);
        assert.notEqual(answer.headers.get('access-control-allow-origin'), '*');
      }
    }
  });
});

describe('HTTP/1.1', () => {
  const get = (path, more = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;

  test('pipelined requests are answered in order on one connection', async (t) => {
    const paths = ['/healthz', '/nope', '/api/users/me', '/', '/readyz', '/nope'];
    const wire = await wireWith(t, paths.map((path) => get(path)).join(''));
    const statuses = [];
    for (const _ of paths) statuses.push((await wire.answer()).status);
    assert.deepEqual(statuses, [200, 404, 401, 200, 200, 404]);
  });

  test('a pipelined request waits for a slow one before it', async (t) => {
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'secret' });
    const wire = await wireWith(t, `POST /api/auth/login HTTP/1.1\r\nHost: a\r\n${json(body)}${get('/healthz')}`);
    assert.equal((await wire.answer()).status, 401);
    assert.equal((await wire.answer()).status, 200);
  });

  test('a request may come byte by byte', async (t) => {
    const wire = await wireWith(t);
    for (const letter of get('/healthz')) wire.write(letter);
    assert.equal((await wire.answer()).status, 200);
  });

  test('`Expect: 100-continue` is answered before the body comes', async (t) => {
    const body = JSON.stringify({ email: 'nobody@example.org', password: 'secret' });
    const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`);
    assert.equal((await wire.answer()).status, 100);
    wire.write(body);
    assert.equal((await wire.answer()).status, 401);
  });

  test('`Expect: 100-continue` for a body that is too large is answered with the refusal', async (t) => {
    const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Content-Length: 100000000\r\nExpect: 100-continue\r\n\r\n');
    assert.equal((await wire.answer()).status, 413);
  });

  test('`Connection: close` and HTTP/1.0 end the connection after the answer', async (t) => {
    for (const request of [get('/healthz', 'Connection: close\r\n'), 'GET /healthz HTTP/1.0\r\n\r\n']) {
      const wire = await wireWith(t, request);
      assert.equal((await wire.answer()).status, 200);
      await wire.closed();
    }
  });

  test('what could be read in two ways is refused and ends the connection', async (t) => {
    const post = 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    const ambiguous = {
      'both lengths': `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      'two different lengths': `${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`,
      'a negative length': `${post}Content-Length: -1\r\n\r\n`,
      'a length with a sign': `${post}Content-Length: +2\r\n\r\n{}`,
      'a length that is too long for a number': `${post}Content-Length: 99999999999999999999999\r\n\r\n`,
      'a bad chunk size': `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`,
      'a blank before the colon': 'GET /healthz HTTP/1.1\r\nHost : a\r\n\r\n',
      'no request line': '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n',
      'another protocol': 'GET /healthz HTTP/3.7\r\nHost: a\r\n\r\n',
    };
    for (const [what, bytes] of Object.entries(ambiguous)) {
      const wire = await wireWith(t, bytes);
      await wire.closed().catch((error) => assert.fail(`${what}: ${error.message}`));
      if (wire.received.length > 0) assert.match(wire.text(), /^HTTP\/1\.1 (4\d\d|50[15]) /, what);
    }
  });

  test('a head that is too large is refused', async (t) => {
    const wire = await wireWith(t, `GET /healthz HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(100_000)}\r\n\r\n`);
    await wire.closed();
    if (wire.received.length > 0) assert.match(wire.text(), /^HTTP\/1\.1 4\d\d /);
  });

  test('a thousand requests use one connection', async (t) => {
    const wire = await wireWith(t);
    for (let round = 0; round < 1000; round += 1) {
      wire.write(get('/healthz'));
      assert.equal((await wire.answer()).status, 200);
    }
    assert.ok(!wire.isClosed);
  });

  test('a peer that leaves in the middle of a body disturbs nobody', async (t) => {
    for (let round = 0; round < 20; round += 1) {
      const wire = await wireWith(t, 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"em');
      wire.destroy();
    }
    assert.equal((await rest.get('/healthz')).status, 200);
  });
});

test('the log is structured when asked, and shows no contents', async (t) => {
  const other = await Server.start({ env: { LOG_FORMAT: 'json' } });
  t.after(() => other.destroy());
  const name = uniqueName('logged');
  await new Rest(other.url).get(`/api/users?q=${name}&token=verysecret`);
  await other.stop();
  const lines = other.log().split('\n').filter((line) => line.startsWith('{'));
  assert.ok(lines.length > 0, 'no line of JSON');
  for (const line of lines) assert.equal(typeof JSON.parse(line), 'object');
  assert.ok(!other.log().includes('verysecret') && !other.log().includes(name));
});
