import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { Device, closeDevices } from '../lib/device.js';
import { login, password, people, person } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server, secrets } from '../lib/server.js';
import { assertError, assertInvalidToken, assertNoSecret, assertNotAuthorized, assertOwnUser, unknownId } from '../lib/shapes.js';
import { accessToken, claimsOf, expiredToken, forgedToken, now, originalLogin, signedWith } from '../lib/tokens.js';
import { until } from '../lib/wait.js';

let server;
let rest;

before(async () => {
  server = await Server.start();
  rest = new Rest(server.url);
});
afterEach(closeDevices);
after(() => server?.destroy());

const refresh = (refreshToken) => rest.post('/api/auth/refresh', { refreshToken });

describe('refresh', () => {
  test('gives a new pair that works', async () => {
    const who = await person(server);
    const first = await login(server, who);
    const answer = await refresh(first.refreshToken);
    assert.equal(answer.status, 200, answer.text);
    assert.notEqual(answer.body.refreshToken, first.refreshToken);
    assert.equal(claimsOf(answer.body.accessToken).userId, who.id);
    assert.equal(claimsOf(answer.body.accessToken).sid, claimsOf(first.accessToken).sid);
    assert.equal((await rest.as(answer.body.accessToken).get('/api/users/me')).status, 200);
    assert.equal((await refresh(answer.body.refreshToken)).status, 200);
  });

  test('refuses a token that was used, and revokes its whole family', async () => {
    const first = await login(server, await person(server));
    const second = (await refresh(first.refreshToken)).body;
    assertError(await refresh(first.refreshToken), 401);
    assertError(await refresh(second.refreshToken), 401);
  });

  test('leaves the other families of the user alone', async () => {
    const who = await person(server);
    const [stolen, other] = [await login(server, who), await login(server, who)];
    await refresh(stolen.refreshToken);
    assertError(await refresh(stolen.refreshToken), 401);
    assert.equal((await refresh(other.refreshToken)).status, 200);
  });

  test('lets at most one of many at once have the next token', async () => {
    const first = await login(server, await person(server));
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(first.refreshToken)));
    const good = answers.filter((answer) => answer.status === 200);
    assert.equal(good.length, 1);
    for (const answer of answers) if (answer.status !== 200) assertError(answer, 401);
    assertError(await refresh(good[0].body.refreshToken), 401);
  });

  test('refuses what is not a refresh token of ours', async () => {
    const who = await person(server);
    const { accessToken: access, refreshToken } = await login(server, who);
    const claims = { userId: who.id, iat: now(), exp: now() + 900, jti: unknownId, sid: unknownId };
    const unknownFamily = forgedToken({ alg: 'HS256', typ: 'JWT' }, claims, { secret: secrets.refresh });
    const [head, body] = refreshToken.split('.');
    for (const wrong of ['', 'nonsense', 'a.b.c', access, unknownFamily, `${head}.${body}.`, `${head}.${body}.AAAA`]) {
      const answer = await refresh(wrong);
      assert.ok([400, 401].includes(answer.status), `${wrong}: ${answer.text}`);
      assertError(answer, answer.status);
    }
    assert.equal((await refresh(refreshToken)).status, 200);
  });

  test('takes a token minted by the original once, and begins a family with it', async () => {
    const who = await person(server);
    const original = signedWith(secrets.refresh, who.id, { expiresIn: '7d' });
    const first = await refresh(original);
    assert.equal(first.status, 200, first.text);
    const second = await refresh(first.body.refreshToken);
    assert.equal(second.status, 200, second.text);
    assertError(await refresh(original), 401);
    assertError(await refresh(second.body.refreshToken), 401);
  });

  test('names a refreshToken that is missing or of the wrong type', async () => {
    assertError(await rest.post('/api/auth/refresh', {}), 400, { field: 'refreshToken' });
    for (const wrong of [{ $gt: '' }, 5, null, ['a'], true]) {
      assertError(await refresh(wrong), 400, { field: 'refreshToken' });
    }
  });

  test('survives a restart: rotation, reuse and revocation', async () => {
    const who = await person(server);
    const [kept, used] = [await login(server, who), await login(server, who)];
    const usedNext = (await refresh(used.refreshToken)).body;
    await server.restart();
    assert.equal((await refresh(kept.refreshToken)).status, 200);
    assertError(await refresh(used.refreshToken), 401);
    await server.restart();
    assertError(await refresh(usedNext.refreshToken), 401);
  });
});

describe('refresh with a leeway', () => {
  let lenient;
  const idOf = (token) => claimsOf(token).jti;
  before(async () => (lenient = await Server.start({ env: { REFRESH_LEEWAY: '1m' } })));
  after(() => lenient?.destroy());

  test('gives the same token to who asks again, because the answer was lost', async () => {
    const who = await person(lenient);
    const ask = (refreshToken) => new Rest(lenient.url).post('/api/auth/refresh', { refreshToken });
    const first = await login(lenient, who);
    const lost = await ask(first.refreshToken);
    const again = await ask(first.refreshToken);
    assert.deepEqual([lost.status, again.status], [200, 200]);
    assert.equal(idOf(again.body.refreshToken), idOf(lost.body.refreshToken));
    assert.equal((await new Rest(lenient.url, again.body.accessToken).get('/api/users/me')).status, 200);
    const next = await ask(again.body.refreshToken);
    assert.equal(next.status, 200);
    assertError(await ask(first.refreshToken), 401);
    assertError(await ask(next.body.refreshToken), 401);
  });
});

describe('logout', () => {
  test('answers 204 without a body and revokes the family', async () => {
    const session = await login(server, await person(server));
    const next = (await refresh(session.refreshToken)).body;
    const answer = await rest.post('/api/auth/logout', { refreshToken: next.refreshToken });
    assert.equal(answer.status, 204);
    assert.equal(answer.text, '');
    assertError(await refresh(next.refreshToken), 401);
  });

  test('leaves other devices logged in', async () => {
    const who = await person(server);
    const [phone, laptop] = [await login(server, who), await login(server, who)];
    await rest.post('/api/auth/logout', { refreshToken: phone.refreshToken });
    assert.equal((await refresh(laptop.refreshToken)).status, 200);
  });

  test('refuses a body without a token', async () => {
    assertError(await rest.post('/api/auth/logout', {}), 400, { field: 'refreshToken' });
    assertError(await rest.post('/api/auth/logout', { refreshToken: { $gt: '' } }), 400, { field: 'refreshToken' });
  });

  test('of all revokes every family of the user and nobody else\'s', async () => {
    const [who, other] = [await person(server), await person(server)];
    const sessions = [await login(server, who), await login(server, who)];
    const others = await login(server, other);
    const answer = await rest.as(sessions[0].accessToken).post('/api/auth/logout-all');
    assert.equal(answer.status, 204, answer.text);
    for (const session of sessions) assertError(await refresh(session.refreshToken), 401);
    assert.equal((await refresh(others.refreshToken)).status, 200);
    assert.ok((await login(server, who)).refreshToken);
  });

  test('of all ends a login of the same second, and lets in one that comes after it in that second', async () => {
    const who = await person(server);
    const issued = ({ accessToken: token }) => claimsOf(token).iat;
    const logins = await until(async () => {
      const before = await login(server, who);
      assert.equal((await rest.as(before.accessToken).post('/api/auth/logout-all')).status, 204);
      const behind = await login(server, who);
      return issued(before) === issued(behind) && { before, behind };
    }, { what: 'all of it within one second', ms: 20_000 });
    assertInvalidToken(await rest.as(logins.before.accessToken).get('/api/users/me'));
    assert.equal((await rest.as(logins.behind.accessToken).get('/api/users/me')).status, 200);
  });

  test('of all ends what the original minted before, whether it was shown here or not', async () => {
    const [who, other] = [await person(server), await person(server)];
    const [shown, stolen, others] = [originalLogin(who.id, 60), originalLogin(who.id, 50), originalLogin(other.id)];
    const { accessToken: token, refreshToken } = (await refresh(shown.refreshToken)).body;
    const device = await Device.connect(server, stolen.accessToken);
    assert.equal((await rest.as(token).post('/api/auth/logout-all')).status, 204);
    await device.next('disconnect');
    const assertOver = async () => {
      for (const one of [token, shown.accessToken, stolen.accessToken]) assertInvalidToken(await rest.as(one).get('/api/users/me'));
      for (const one of [refreshToken, shown.refreshToken, stolen.refreshToken]) assertInvalidToken(await refresh(one));
    };
    await assertOver();
    await server.restart();
    await assertOver();
    await server.kill();
    await server.start();
    await assertOver();
    assert.equal((await refresh(originalLogin(who.id, 0).refreshToken)).status, 200, 'a login at the original that came after');
    assert.equal((await rest.as(others.accessToken).get('/api/users/me')).status, 200);
    assert.equal((await refresh(others.refreshToken)).status, 200);
  });

  test('of all needs an access token', async () => {
    assertNotAuthorized(await rest.post('/api/auth/logout-all'));
  });
});

describe('the logins of a person', () => {
  const sessionsOf = async ({ accessToken: token }) => (await rest.as(token).get('/api/auth/sessions')).body.sessions;
  const end = ({ accessToken: token }, id) => rest.as(token).call('DELETE', `/api/auth/sessions/${id}`);
  const familyOf = ({ accessToken: token }) => claimsOf(token).sid;

  test('are listed to them alone, the one that asks marked', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [phone, laptop] = [await login(server, ann), await login(server, ann)];
    await login(server, bob);
    const shown = await sessionsOf(laptop);
    assert.deepEqual(shown.map(({ _id, current }) => [_id, current]), [[familyOf(phone), false], [familyOf(laptop), true]]);
    for (const session of shown) {
      assert.ok(Math.abs(new Date(session.createdAt) - Date.now()) < 60_000, session.createdAt);
      assert.ok(session.lastUsedAt >= session.createdAt && session.expiresAt > session.lastUsedAt, JSON.stringify(session));
    }
    assertNoSecret(shown);
  });

  test('end one by one, with their sockets and tokens', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const [phone, laptop, bobs] = [await login(server, ann), await login(server, ann), await login(server, bob)];
    const device = await Device.connect(server, phone.accessToken);
    assertError(await end(bobs, familyOf(phone)), 404, { message: 'Session not found' });
    assert.equal((await end(laptop, familyOf(phone))).status, 204);
    await device.next('disconnect');
    assertInvalidToken(await rest.as(phone.accessToken).get('/api/users/me'));
    assertError(await refresh(phone.refreshToken), 401);
    assertError(await end(laptop, familyOf(phone)), 404);
    assert.equal((await sessionsOf(laptop)).length, 1);
    assert.equal((await end(laptop, familyOf(laptop))).status, 204, 'their own as well');
    assertInvalidToken(await rest.as(laptop.accessToken).get('/api/users/me'));
  });

  test('end when the password changes, but for the one that changes it', async () => {
    const ann = await person(server);
    const [phone, laptop] = [await login(server, ann), await login(server, ann)];
    const [there, here] = [await Device.connect(server, phone.accessToken), await Device.connect(server, laptop.accessToken)];
    const stolen = originalLogin(ann.id);
    const thief = await Device.connect(server, stolen.accessToken);
    const change = (json) => rest.as(laptop.accessToken).post('/api/auth/change-password', json);
    const newPassword = 'battery staple 42';
    assertError(await change({ currentPassword: 'wrong one', newPassword }), 403, { message: 'Wrong password' });
    assertError(await change({ currentPassword: password, newPassword: 'short' }), 400, { field: 'newPassword' });
    assertError(await change({ currentPassword: password, newPassword: 'x'.repeat(73) }), 400, { field: 'newPassword' });
    assertError(await change({ newPassword }), 400, { field: 'currentPassword' });
    assertError(await change({ currentPassword: { $gt: '' }, newPassword }), 400, { field: 'currentPassword' });
    assert.equal((await change({ currentPassword: password, newPassword })).status, 204);
    await there.next('disconnect');
    assertInvalidToken(await rest.as(phone.accessToken).get('/api/users/me'));
    assertError(await refresh(phone.refreshToken), 401);
    await thief.next('disconnect');
    assertInvalidToken(await rest.as(stolen.accessToken).get('/api/users/me'));
    assertError(await refresh(stolen.refreshToken), 401);
    assert.ok(here.socket.connected);
    assert.equal((await rest.as(laptop.accessToken).get('/api/users/me')).status, 200);
    assert.equal((await refresh(laptop.refreshToken)).status, 200);
    assertError(await rest.post('/api/auth/login', { email: ann.email, password }), 401);
    await login(server, { ...ann, password: newPassword });
  });
});

describe('access tokens', () => {
  const me = (headers) => rest.get('/api/users/me', { headers });

  test('minted by the original, with the userId alone, are accepted', async () => {
    const who = await person(server);
    const answer = await me({ authorization: `Bearer ${accessToken(who.id)}` });
    assert.equal(answer.status, 200, answer.text);
    assertOwnUser(answer.body.user, who);
  });

  test('are refused as `Not authorized` when the header is missing or malformed', async () => {
    assertNotAuthorized(await me({}));
    for (const header of ['Bearer', 'Bearer ', 'Basic dXNlcjpwYXNz', 'Token abc', accessToken(unknownId)]) {
      assertNotAuthorized(await me({ authorization: header }));
    }
  });

  test('are refused as `Invalid token` when they are forged, wrong or expired', async () => {
    const { id } = await person(server);
    const claims = { userId: id, iat: now(), exp: now() + 900 };
    const [head, body, signature] = accessToken(id).split('.');
    const other = Buffer.from(JSON.stringify({ ...claims, userId: unknownId })).toString('base64url');
    const wrong = {
      'not a token': 'nonsense',
      'three empty parts': '..',
      'two parts': `${head}.${body}`,
      'four parts': `${head}.${body}.${signature}.x`,
      'alg none': forgedToken({ alg: 'none', typ: 'JWT' }, claims, { secret: null }),
      'alg None': forgedToken({ alg: 'None', typ: 'JWT' }, claims, { secret: null }),
      'alg none with a signature': forgedToken({ alg: 'none', typ: 'JWT' }, claims),
      'no alg': forgedToken({ typ: 'JWT' }, claims),
      HS512: signedWith(secrets.access, id, { algorithm: 'HS512' }),
      HS384: signedWith(secrets.access, id, { algorithm: 'HS384' }),
      'HS256 signed as HS512': forgedToken({ alg: 'HS256' }, claims, { hash: 'sha512' }),
      'RS256 in name': forgedToken({ alg: 'RS256' }, claims),
      'another secret': signedWith('another secret', id),
      'the refresh secret': signedWith(secrets.refresh, id),
      'other claims under the signature': `${head}.${other}.${signature}`,
      'a cut signature': `${head}.${body}.${signature.slice(0, -2)}`,
      expired: expiredToken(id),
      'no expiry': forgedToken({ alg: 'HS256', typ: 'JWT' }, { userId: id, iat: now() }),
      'no userId': forgedToken({ alg: 'HS256', typ: 'JWT' }, { iat: now(), exp: now() + 900 }),
      'a userId that is a query': forgedToken({ alg: 'HS256' }, { ...claims, userId: { $gt: '' } }),
      'a userId that is no id': forgedToken({ alg: 'HS256' }, { ...claims, userId: 'me' }),
      'claims that are an array': forgedToken({ alg: 'HS256' }, [claims]),
      'an expiry that is text': forgedToken({ alg: 'HS256' }, { ...claims, exp: 'never' }),
    };
    for (const [what, token] of Object.entries(wrong)) {
      const answer = await me({ authorization: `Bearer ${token}` });
      assert.equal(answer.status, 401, `${what}: ${answer.text}`);
      assertInvalidToken(answer);
    }
  });

  test('of somebody who does not exist open nothing', async () => {
    const answer = await me({ authorization: `Bearer ${accessToken(unknownId)}` });
    assert.ok([401, 404].includes(answer.status), answer.text);
    assertError(answer, answer.status);
  });

  test('are not taken from the refresh token', async () => {
    const session = await login(server, await person(server));
    assertInvalidToken(await me({ authorization: `Bearer ${session.refreshToken}` }));
  });

  test('of logins that ended before a restart open nothing after it, and others go on', async () => {
    const [who, other] = [await person(server), await person(server)];
    const [phone, laptop, stolen] = [await login(server, who), await login(server, who), await login(server, who)];
    const [one, two] = [await login(server, other), await login(server, other)];
    await rest.post('/api/auth/logout', { refreshToken: phone.refreshToken });
    await refresh(stolen.refreshToken);
    assertError(await refresh(stolen.refreshToken), 401);
    await rest.as(one.accessToken).post('/api/auth/logout-all');
    const again = await login(server, other);
    await server.restart();
    for (const { accessToken: token } of [phone, stolen, one, two]) assertInvalidToken(await rest.as(token).get('/api/users/me'));
    await server.kill();
    await server.start();
    for (const { accessToken: token } of [phone, stolen, one, two]) assertInvalidToken(await rest.as(token).get('/api/users/me'));
    for (const { accessToken: token } of [laptop, again]) assert.equal((await rest.as(token).get('/api/users/me')).status, 200);
  });

  test('end when they expire', async () => {
    const who = await person(server);
    const token = accessToken(who.id, 2);
    assert.equal((await me({ authorization: `Bearer ${token}` })).status, 200);
    const late = await until(async () => {
      const answer = await me({ authorization: `Bearer ${token}` });
      return answer.status === 401 && answer;
    }, { what: 'expiry', ms: 5000, every: 100 });
    assertInvalidToken(late);
    assert.ok(Date.now() / 1000 >= claimsOf(token).exp);
  });
});

test('token lifetimes come from the settings, in all three spellings', async (t) => {
  const env = { ACCESS_TOKEN_EXPIRE: '90', REFRESH_TOKEN_EXPIRE: '2h' };
  const other = await Server.start({ env });
  t.after(() => other.destroy());
  const session = await login(other, await person(other));
  const lifetime = (token) => claimsOf(token).exp - claimsOf(token).iat;
  assert.equal(lifetime(session.accessToken), 90);
  assert.equal(lifetime(session.refreshToken), 2 * 3600);
});
