import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { login, password, person, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError, assertNoSecret, assertOwnUser } from '../lib/shapes.js';
import { claimsOf, headerOf, now } from '../lib/tokens.js';
import { median, patience, timed } from '../lib/wait.js';

let server;
let rest;

before(async () => {
  server = await Server.start({ env: { HASH_COST: '10' } });
  rest = new Rest(server.url);
});
after(() => server?.destroy());

function draft(changes = {}) {
  const username = uniqueName();
  return { username, email: `${username}@example.org`, password, ...changes };
}

const register = (body) => rest.post('/api/auth/register', body);
const tryLogin = (body) => rest.post('/api/auth/login', body);

describe('register', () => {
  test('answers 201 with the user and without a password', async () => {
    const asked = draft();
    const answer = await register(asked);
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.message, 'User registered successfully');
    assertOwnUser(answer.body.user, asked);
    assertNoSecret(answer.body);
  });

  test('refuses an e-mail address that is taken, whatever its case', async () => {
    const first = draft();
    await register(first);
    for (const email of [first.email, first.email.toUpperCase()]) {
      const answer = await register(draft({ email }));
      assertError(answer, 409, { message: 'Email already registered', code: 'conflict' });
    }
  });

  test('lets exactly one of many at once have an e-mail address', async () => {
    const email = draft().email;
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(draft({ email }))));
    const statuses = answers.map((answer) => answer.status).sort();
    assert.deepEqual(statuses, [201, ...Array(7).fill(409)]);
  });

  for (const field of ['username', 'email', 'password']) {
    test(`names a missing ${field}`, async () => {
      const { [field]: _, ...rest } = draft();
      assertError(await register(rest), 400, { field });
    });

    for (const [what, wrong] of Object.entries({ number: 5, boolean: true, null: null, array: ['a'], query: { $gt: '' } })) {
      test(`refuses a ${field} that is of type ${what}`, async () => {
        assertError(await register(draft({ [field]: wrong })), 400, { field });
      });
    }
  }

  const tooSmallOrLarge = {
    'a username of 2 characters': ['username', 'ab'],
    'a username of 33 characters': ['username', 'a'.repeat(33)],
    'an empty e-mail address': ['email', ''],
    'an e-mail address without @': ['email', 'somebody.example.org'],
    'an e-mail address without domain': ['email', 'somebody@'],
    'an e-mail address with a blank': ['email', 'some body@example.org'],
    'an e-mail address with a line break': ['email', 'somebody@example.org\r\nBcc: all@example.org'],
    'an e-mail address of 255 characters': ['email', `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.example.org`.padEnd(255, 'g')],
    'a password of 5 bytes': ['password', '12345'],
    'a password of 73 bytes': ['password', 'x'.repeat(73)],
    'a password of 25 characters that are 75 bytes': ['password', '€'.repeat(25)],
  };
  for (const [what, [field, value]] of Object.entries(tooSmallOrLarge)) {
    test(`refuses ${what}`, async () => {
      assertError(await register(draft({ [field]: value })), 400, { field });
    });
  }

  test('does not let a zero byte cut the password short', async () => {
    const asked = draft({ password: 'secret\u0000first' });
    const answer = await register(asked);
    if (answer.status !== 201) return assertError(answer, 400, { field: 'password' });
    assertError(await tryLogin({ ...asked, password: 'secret\u0000other' }), 401);
    assertError(await tryLogin({ ...asked, password: 'secret' }), 401);
  });

  test('takes names and passwords at the very limits', async () => {
    const edges = [{ username: 'abc' }, { username: uniqueName().padEnd(32, 'z') }, { password: '123456' },
      { password: 'x'.repeat(72) }, { password: '€'.repeat(24) }];
    for (const edge of edges) {
      const asked = draft(edge);
      const answer = await register(asked);
      assert.equal(answer.status, 201, answer.text);
      assert.equal((await tryLogin(asked)).status, 200);
    }
  });

  test('names every wrong field at once', async () => {
    const answer = await register({ username: 'a', email: 'b', password: 'c' });
    for (const field of ['username', 'email', 'password']) assertError(answer, 400, { field });
  });

  test('ignores unknown fields, also those that would make an administrator', async () => {
    const asked = draft();
    const answer = await register({ ...asked, administrator: true, isAdmin: true, role: 'admin', _id: 'f'.repeat(24) });
    assert.equal(answer.status, 201, answer.text);
    assert.notEqual(answer.body.user._id, 'f'.repeat(24));
    const { accessToken } = await login(server, { ...asked });
    const mail = await rest.as(accessToken).post('/api/email/send', { email: 'a@example.org', content: 'x' });
    assertError(mail, 403, { code: 'forbidden' });
  });
});

describe('login', () => {
  test('answers 200 with two tokens and the user', async () => {
    const who = await person(server);
    const answer = await tryLogin({ email: who.email, password });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.message, 'Login successful');
    assertOwnUser(answer.body.user, who);
    assertNoSecret(answer.body.user);
    assert.equal(answer.body.user._id, who.id);
    const claims = claimsOf(answer.body.accessToken);
    assert.equal(headerOf(answer.body.accessToken).alg, 'HS256');
    assert.equal(claims.userId, who.id);
    assert.equal(claims.exp - claims.iat, 15 * 60);
    assert.ok(Math.abs(claims.iat - now()) <= 5);
    assert.equal(typeof claims.jti, 'string');
    assert.equal(typeof claims.sid, 'string');
    const refresh = claimsOf(answer.body.refreshToken);
    assert.equal(refresh.exp - refresh.iat, 7 * 24 * 3600);
  });

  test('compares e-mail addresses without case, and passwords with', async () => {
    const who = await person(server);
    assert.equal((await tryLogin({ email: who.email.toUpperCase(), password })).status, 200);
    assertError(await tryLogin({ email: who.email, password: password.toUpperCase() }), 401);
  });

  test('says the same of a wrong password and an unknown address, in the same time', async () => {
    const who = await person(server);
    const wrong = () => tryLogin({ email: who.email, password: 'not the password' });
    const unknown = () => tryLogin({ email: `${uniqueName()}@example.org`, password: 'not the password' });
    const times = { wrong: [], unknown: [] };
    const bodies = [];
    for (let round = 0; round < 7; round += 1) {
      for (const [name, call] of Object.entries({ wrong, unknown })) {
        const { value, ms } = await timed(call);
        assertError(value, 401, { message: 'Invalid email or password' });
        times[name].push(ms);
        bodies.push(value.text);
      }
    }
    assert.equal(new Set(bodies).size, 1);
    const ratio = median(times.wrong) / median(times.unknown);
    assert.ok(ratio > 0.5 && ratio < 2, `wrong password takes ${ratio.toFixed(2)} times as long`);
  });

  test('names missing fields', async () => {
    assertError(await tryLogin({ password }), 400, { field: 'email' });
    assertError(await tryLogin({ email: 'a@example.org' }), 400, { field: 'password' });
  });

  for (const field of ['email', 'password']) {
    test(`refuses a query in the place of the ${field}`, async () => {
      const who = await person(server);
      for (const wrong of [{ $gt: '' }, { $ne: null }, ['a'], 7, true, null]) {
        assertError(await tryLogin({ email: who.email, password, [field]: wrong }), 400, { field });
      }
    });
  }

  test('does not take a password that was only longer than bcrypt reads', async () => {
    const asked = draft({ password: 'y'.repeat(72) });
    await register(asked);
    const answer = await tryLogin({ email: asked.email, password: 'y'.repeat(73) });
    assert.ok([400, 401].includes(answer.status), answer.text);
  });

  test('a flood of logins slows logins and nothing else', async () => {
    const who = await person(server);
    const flood = Array.from({ length: 150 }, () => tryLogin({ email: who.email, password: 'wrong' }));
    const others = [];
    for (let round = 0; round < 10; round += 1) others.push((await timed(() => who.rest.get('/api/users/me'))).ms);
    const statuses = (await Promise.all(flood)).map((answer) => {
      if (answer.status === 503) assertRefusal(answer);
      return answer.status;
    });
    assert.ok(median(others) < 500 * patience, `other calls took ${median(others)} ms`);
    for (const status of statuses) assert.ok([401, 503].includes(status), `status ${status}`);
    assert.ok(statuses.includes(401), 'some logins must get through');
    assert.equal((await tryLogin({ email: who.email, password })).status, 200);
  });
});

function assertRefusal(answer) {
  assertError(answer, 503, { code: 'overloaded' });
  assert.match(answer.headers.get('retry-after'), /^\d+$/);
}

test('no password, hash or token is in the log', async () => {
  const secret = 'a very secret password 99';
  const asked = draft({ password: secret });
  await register(asked);
  const answer = await tryLogin(asked);
  await rest.as(answer.body.accessToken).get('/api/users/me');
  const log = server.log();
  for (const text of [secret, '$2b$', answer.body.accessToken, answer.body.refreshToken]) {
    assert.ok(!log.includes(text), `the log shows ${text.slice(0, 12)}…`);
  }
});
