// Password reset, verified addresses and the pages of links, as far as no mail is needed for it: tests/mail follows the
// links of real mails.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { login, password, person, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server } from '../lib/server.js';
import { assertError } from '../lib/shapes.js';

let server;
let rest;

before(async () => {
  server = await Server.start();
  rest = new Rest(server.url);
});
after(() => server?.destroy());

const pages = ['/account/reset-password', '/account/verify-email', '/api/email/unsubscribe'];
const forged = 'eyJhbGciOiJub25lIn0.eyJ1c2VyIjoiNjVhMWIyYzNkNGU1ZjYwNzE4MjkzYTRiIn0.';

const submit = (path, fields = {}) => rest.call('POST', path, {
  raw: new URLSearchParams(fields).toString(),
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});

function assertPage(answer, status) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(answer.text, /^<!doctype html>/);
  assert.match(answer.text, /<h1>[^<]+<\/h1>/);
  assert.doesNotMatch(answer.text, /<script|<img|<link|javascript:| on[a-z]+=/i);
}

describe('POST /api/auth/password/forgot', () => {
  const forgot = (body) => rest.post('/api/auth/password/forgot', body);

  test('answers in the same way whoever has the address', async () => {
    const ann = await person(server);
    const known = await forgot({ email: ann.email });
    const unknown = await forgot({ email: `${uniqueName()}@example.org` });
    assert.equal(known.status, 202, known.text);
    assert.deepEqual(known.body,
      { success: true, message: 'If that address has an account, a mail is on its way.' });
    assert.deepEqual([unknown.status, unknown.text], [known.status, known.text]);
    assert.deepEqual([...unknown.headers.keys()], [...known.headers.keys()]);
  });

  test('refuses what is no address', async () => {
    for (const email of [undefined, null, 5, '', 'ann', 'a@b', { $gt: '' }, ['a@example.org'],
      'a@example.org\r\nBcc: b@example.org', `${'x'.repeat(300)}@example.org`]) {
      assertError(await forgot({ email }), 400, { code: 'bad_request', field: 'email' });
    }
  });
});

describe('links that nobody was sent', () => {
  test('are refused with one answer', async () => {
    for (const token of ['x', forged, '..', 'a'.repeat(5000), '\u0000', '👍']) {
      const fresh = 'a new password';
      assertError(await rest.post('/api/auth/password/reset', { token, password: fresh }), 401,
        { message: 'This link is not valid any more', code: 'unauthorized' });
      assertError(await rest.post('/api/auth/email/verify', { token }), 401,
        { message: 'This link is not valid any more', code: 'unauthorized' });
    }
  });

  test('may not be access or refresh tokens', async () => {
    const { accessToken, refreshToken } = await login(server, await person(server));
    for (const token of [accessToken, refreshToken]) {
      assertError(await rest.post('/api/auth/password/reset', { token, password: 'a new password' }), 401);
      assertError(await rest.post('/api/auth/email/verify', { token }), 401);
      assertPage(await submit(`/api/email/unsubscribe?token=${token}`), 401);
    }
  });

  test('want their fields', async () => {
    assertError(await rest.post('/api/auth/password/reset', { password: 'a new password' }), 400, { field: 'token' });
    assertError(await rest.post('/api/auth/password/reset', { token: 'x' }), 400, { field: 'password' });
    assertError(await rest.post('/api/auth/email/verify', { token: { $gt: '' } }), 400, { field: 'token' });
  });
});

describe('pages of links', () => {
  test('have a form and no script, and are kept, framed and told on by nobody', async () => {
    for (const path of pages) {
      const page = await rest.get(`${path}?token=${forged}`);
      assertPage(page, 200);
      assert.match(page.text, /<form method="post">/);
      const policy = page.headers.get('content-security-policy');
      for (const rule of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"]) {
        assert.ok(policy.split(';').includes(rule), policy);
      }
      assert.doesNotMatch(policy, /unsafe|script-src|https:/);
      assert.equal(page.headers.get('cache-control'), 'no-store');
      assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
      assert.equal(page.headers.get('x-frame-options'), 'DENY');
      assert.equal(page.headers.get('x-content-type-options'), 'nosniff', 'what every answer has stays');
      assert.equal(page.headers.get('set-cookie'), null);
    }
  });

  test('say so when a link is forged or cut short', async () => {
    for (const path of pages) {
      const typed = { password: 'a new password', again: 'a new password' };
      assertPage(await submit(`${path}?token=${forged}`, typed), 401);
      assertPage(await submit(path, typed), 400);
      assertPage(await rest.get(path), 400);
    }
  });

  test('never show what is in their address or form', async () => {
    const hostile = '"><script>alert(1)</script>';
    for (const path of pages) {
      const address = `${path}?token=${encodeURIComponent(hostile)}`;
      for (const answer of [await rest.get(address), await submit(address, { password: hostile, again: hostile }),
        await submit(address, { password: hostile })]) {
        assert.doesNotMatch(answer.text, /alert\(1\)/);
      }
    }
  });

  test('take two equal passwords, and no more than a form has', async () => {
    const path = `/account/reset-password?token=${forged}`;
    const differ = await submit(path, { password: 'one password', again: 'another password' });
    assertPage(differ, 400);
    assert.match(differ.text, /role="alert">The two passwords are not the same\./);
    assert.equal((await submit(path, { password: 'x'.repeat(20_000) })).status, 413);
  });

  test('are opened and submitted, and nothing else', async () => {
    for (const path of pages) {
      const answer = await rest.call('PUT', `${path}?token=x`);
      assert.equal(answer.status, 405, answer.text);
    }
  });
});

describe('verification', () => {
  test('is shown to the user, and a link is sent again on demand', async () => {
    const ann = await person(server);
    const me = await ann.rest.get('/api/users/me');
    assert.equal(me.body.user.emailVerified, false);
    const again = await ann.rest.post('/api/auth/email/resend');
    assert.equal(again.status, 202, again.text);
    assert.equal(again.body.success, true);
    assertError(await rest.post('/api/auth/email/resend'), 401);
  });

  test('cannot be claimed by the user', async () => {
    const ann = await person(server);
    await ann.rest.patch('/api/users/me', { emailVerified: true, name: 'Ann' });
    assert.equal((await ann.rest.get('/api/users/me')).body.user.emailVerified, false);
  });

  test('comes before the login when it is required', async (t) => {
    const strict = await Server.start({ env: { REQUIRE_VERIFIED_EMAIL: 'true' } });
    t.after(() => strict.destroy());
    const nobody = new Rest(strict.url);
    const username = uniqueName();
    const email = `${username}@example.org`;
    const registered = await nobody.post('/api/auth/register', { username, email, password });
    assert.equal(registered.status, 201, registered.text);
    assert.equal(registered.body.user.emailVerified, false);
    assertError(await nobody.post('/api/auth/login', { email, password }), 403,
      { message: 'Please verify your e-mail address', code: 'forbidden' });
    assertError(await nobody.post('/api/auth/login', { email, password: `${password}!` }), 401,
      { message: 'Invalid email or password' });
  });
});

test('pages of accounts count as auth routes for the rate limit', async (t) => {
  const own = await Server.start({ env: { RATE_LIMIT_AUTH: '2', RATE_LIMIT_API: '0' } });
  t.after(() => own.destroy());
  const nobody = new Rest(own.url);
  const statuses = [];
  for (let round = 0; round < 3; round += 1) {
    statuses.push((await nobody.get('/account/verify-email?token=x')).status);
  }
  assert.deepEqual(statuses, [200, 200, 429]);
  assert.equal((await nobody.post('/api/auth/password/forgot', { email: 'a@example.org' })).status, 429);
});
