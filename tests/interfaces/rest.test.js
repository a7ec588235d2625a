// Every call of docs/openapi.yaml with each of its answers, and every route of the server in it.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { login, password, people, person, say, uniqueName } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server, parley } from '../lib/server.js';
import { unknownId } from '../lib/shapes.js';
import { accessToken, expiredToken } from '../lib/tokens.js';
import { until } from '../lib/wait.js';
import { Description, escape } from './description.js';

const description = new Description('docs/openapi.yaml');
const methods = ['get', 'post', 'put', 'patch', 'delete'];
/** By operationId: {id, pointer, method, path, operation}. */
const operations = new Map(Object.entries(description.document.paths).flatMap(([path, item]) =>
  methods.filter((method) => item[method]).map((method) => [item[method].operationId,
    { id: item[method].operationId, pointer: `#/paths/${escape(path)}/${method}`, method, path, operation: item[method] }])));
/** `operationId status`. */
const seen = new Set();

let server;
before(async () => {
  server = await Server.start({ env: { LOG_LEVEL: 'debug', PUBLIC_URL: 'https://chat.example.org' } });
});
after(() => server?.destroy());

/**
 * Makes a call and compares the answer with the document; gives the answer.
 * @param status what is expected
 * @param options {on: server, token, params: {name: value} for path and query, json, form, headers, raw}
 */
async function call(id, status, options = {}) {
  const { pointer, method, path, operation } = operations.get(id) ?? assert.fail(`no operation ${id}`);
  const { on = server, token, json, form, params = {}, raw } = options;
  if (status < 300 && json !== undefined) {
    const [body] = description.at(`${pointer}/requestBody`);
    description.check(`${body}/content/application~1json/schema`, json, `the request of ${id}`);
  }
  const headers = { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...options.headers };
  const answer = await new Rest(on.url, token).call(method.toUpperCase(), target(path, params),
    { json, raw: form ? new URLSearchParams(form).toString() : raw, headers });
  assert.equal(answer.status, status, `${id}: ${answer.text}`);
  checkAnswer(id, pointer, operation, answer);
  return answer;
}

function target(path, params) {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, value] of Object.entries(params)) {
    if (filled.includes(`{${name}}`)) filled = filled.replace(`{${name}}`, encodeURIComponent(value));
    else query.set(name, value);
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function checkAnswer(id, start, operation, answer) {
  const isTrouble = answer.status >= 500 && !operation.responses[answer.status];
  const key = isTrouble ? 'default' : String(answer.status);
  assert.ok(operation.responses[key], `${id} may not answer ${answer.status}`);
  const [pointer, response] = description.at(`${start}/responses/${key}`);
  checkHeaders(id, pointer, response, answer);
  checkBody(id, pointer, response, answer);
  seen.add(`${id} ${key}`);
}

function checkHeaders(id, pointer, response, answer) {
  for (const name of Object.keys(response.headers ?? {})) {
    const [header, { schema }] = description.at(`${pointer}/headers/${escape(name)}`);
    const value = answer.headers.get(name);
    assert.notEqual(value, null, `${id} ${answer.status} has no ${name}`);
    description.check(`${header}/schema`, schema.type === 'integer' ? Number(value) : value, `${name} of ${id}`);
  }
}

const mediaOf = (type) => type.split(';')[0].trim();

function checkBody(id, pointer, response, answer) {
  if (!response.content) return assert.equal(answer.text, '', `${id} ${answer.status} has a body`);
  const type = mediaOf(answer.headers.get('content-type') ?? 'none');
  const key = Object.keys(response.content).find((media) => mediaOf(media) === type);
  assert.ok(key, `${id} ${answer.status} may not be ${type}`);
  description.check(`${pointer}/content/${escape(key)}/schema`, answer.body ?? answer.text, `${id} ${answer.status}`);
}

/** The token in the newest mail to somebody that leads to a path; mails are files of the server's. */
async function linkToken(who, path, on = server) {
  const folder = join(on.dataDir, 'mail');
  const find = () => {
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.eml')).sort().reverse()) {
      const mail = readFileSync(join(folder, name), 'utf8').replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
      if (!mail.includes(who.email)) continue;
      const token = mail.match(new RegExp(`${path}\\?token=([\\w.-]+)`))?.[1];
      if (token) return token;
    }
    return undefined;
  };
  return until(find, { what: () => `a mail to ${who.email} with ${path}`, ms: 15_000, every: 30 });
}

test('every route of the server is in the document, and every call of the document is a route', () => {
  // Pages for people, which are no interface.
  const pages = ['/app', '/docs'];
  const isPage = (route) => pages.some((page) => route.endsWith(` ${page}`) || route.includes(` ${page}/`));
  const routes = [...server.log().matchAll(/route.*?method=(\w+) pattern=(\S+)/g)].map(([, method, pattern]) => `${method} ${pattern}`);
  assert.ok(routes.length > 20, server.tail());
  const documented = [...operations.values()].map(({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
  assert.deepEqual(routes.filter((route) => !isPage(route)).sort(), documented.sort());
});

describe('accounts', () => {
  test('register', async () => {
    const username = uniqueName('ann');
    const json = { username, email: `${username}@example.org`, password };
    await call('register', 201, { json });
    await call('register', 409, { json });
    await call('register', 400, { json: { ...json, username: 'a' } });
  });

  test('login, refresh, logout', async () => {
    const who = await person(server);
    const { email } = who;
    const tokens = (await call('login', 200, { json: { email, password } })).body;
    await call('login', 401, { json: { email, password: 'wrong one' } });
    await call('login', 400, { json: { email: { $gt: '' }, password } });
    const next = (await call('refresh', 200, { json: { refreshToken: tokens.refreshToken } })).body;
    await call('refresh', 400, { json: {} });
    await call('logout', 204, { json: { refreshToken: next.refreshToken } });
    await call('refresh', 401, { json: { refreshToken: next.refreshToken } });
    await call('logout', 400, { json: { refreshToken: 5 } });
    await call('logout', 401, { json: { refreshToken: 'x' } });
    const again = await login(server, who);
    await call('logoutAll', 204, { token: again.accessToken });
  });

  test('sessions, and a new password of who is logged in', async () => {
    const who = await person(server);
    const [phone, laptop] = [await login(server, who), await login(server, who)];
    const token = phone.accessToken;
    const { body } = await call('sessions', 200, { token });
    assert.deepEqual(body.sessions.map(({ current }) => current), [true, false]);
    const change = { currentPassword: password, newPassword: 'a new password' };
    await call('changePassword', 400, { token, json: { ...change, newPassword: '5' } });
    await call('changePassword', 403, { token, json: { ...change, currentPassword: 'wrong one' } });
    await call('changePassword', 204, { token, json: change });
    await call('changePassword', 401, { token: laptop.accessToken, json: change });
    await call('changePassword', 404, { token: accessToken(unknownId), json: change });
    const params = { id: body.sessions[0]._id };
    await call('endSession', 400, { token, params: { id: 'x' } });
    await call('endSession', 404, { token, params: { id: body.sessions[1]._id } });
    await call('endSession', 204, { token, params });
    await call('endSession', 401, { token, params });
    await call('sessions', 401, { token });
  });

  test('deletion', async () => {
    const { token } = await person(server);
    await call('deleteAccount', 400, { token, json: {} });
    await call('deleteAccount', 403, { token, json: { password: 'wrong one' } });
    await call('deleteAccount', 204, { token, json: { password } });
    await call('deleteAccount', 401, { token, json: { password } });
    await call('deleteAccount', 404, { token: accessToken(unknownId), json: { password } });
  });

  test('a new password, and an address that is verified', async () => {
    const ann = await person(server, 'ann');
    await call('forgotPassword', 202, { json: { email: ann.email } });
    await call('forgotPassword', 400, { json: { email: 'nobody' } });
    const fresh = { token: await linkToken(ann, '/account/reset-password'), password: 'a new password' };
    await call('resetPassword', 400, { json: { ...fresh, password: '5' } });
    await call('resetPassword', 200, { json: fresh });
    await call('resetPassword', 401, { json: fresh });
    const bob = await person(server, 'bob');
    await call('resendVerification', 202, { token: bob.token });
    await call('resendVerification', 404, { token: accessToken(unknownId) });
    const token = await linkToken(bob, '/account/verify-email');
    await call('verifyEmail', 400, { json: {} });
    await call('verifyEmail', 200, { json: { token } });
    await call('verifyEmail', 401, { json: { token } });
  });
});

describe('pages of links', () => {
  const dead = { params: { token: 'x' } };

  test('a new password', async () => {
    const ann = await person(server, 'ann');
    await ann.rest.post('/api/auth/password/forgot', { email: ann.email });
    const params = { token: await linkToken(ann, '/account/reset-password') };
    await call('showResetPassword', 200, { params });
    await call('showResetPassword', 400);
    await call('submitResetPassword', 400, { params, form: { password: 'one password', again: 'another one' } });
    const form = { password: 'a new password', again: 'a new password' };
    await call('submitResetPassword', 200, { params, form });
    await call('submitResetPassword', 401, { params, form });
  });

  test('a verified address', async () => {
    const ann = await person(server, 'ann');
    await ann.rest.post('/api/auth/email/resend');
    const params = { token: await linkToken(ann, '/account/verify-email') };
    await call('showVerifyEmail', 200, { params });
    await call('showVerifyEmail', 400);
    await call('submitVerifyEmail', 200, { params });
    await call('submitVerifyEmail', 401, dead);
    await call('submitVerifyEmail', 400);
  });

  test('no more mails', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    await say(ann, bob, 'Are you there?');
    const params = { token: await linkToken(bob, '/api/email/unsubscribe') };
    await call('showUnsubscribe', 200, { params });
    await call('showUnsubscribe', 400);
    await call('submitUnsubscribe', 200, { params });
    await call('submitUnsubscribe', 401, dead);
    await call('submitUnsubscribe', 400);
    assert.equal((await call('ownProfile', 200, { token: bob.token })).body.user.emailNotifications, false);
  });
});

describe('people', () => {
  test('profiles and search', async () => {
    const ann = await person(server, 'ann');
    const changes = { name: 'Ann Example', avatar: 'https://example.org/ann.png', emailNotifications: false };
    await call('changeProfile', 200, { token: ann.token, json: changes });
    await call('changeProfile', 400, { token: ann.token, json: { avatar: 'javascript:alert(1)' } });
    await call('changeProfile', 404, { token: accessToken(unknownId), json: { name: 'x' } });
    await call('ownProfile', 200, { token: ann.token });
    await call('ownProfile', 404, { token: accessToken(unknownId) });
    const { body } = await call('searchUsers', 200, { token: ann.token, params: { q: ann.username } });
    assert.equal(body.users.length, 1);
  });

  test('presence', async () => {
    const { id, token } = await person(server);
    for (const each of ['lastSeen', 'isOnline']) {
      await call(each, 200, { token, params: { id } });
      await call(each, 400, { token, params: { id: 'x' } });
      await call(each, 404, { token, params: { id: unknownId } });
    }
    for (const name of ['ids', 'userIds']) await call('usersStatus', 200, { token, json: { [name]: [id, unknownId] } });
    await call('usersStatus', 400, { token, json: { ids: 'x' } });
  });
});

describe('conversations', () => {
  test('messages, history and lists', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const json = { receiverId: bob.id, content: 'Hello', clientId: 'first' };
    const { message } = (await call('sendMessage', 201, { token: ann.token, json })).body;
    await call('sendMessage', 201, { token: ann.token, json });
    await call('sendMessage', 400, { token: ann.token, json: { ...json, content: '' } });
    await call('sendMessage', 404, { token: ann.token, json: { ...json, receiverId: unknownId, clientId: 'second' } });
    await say(bob, ann, 'Hi');
    const params = { id: message.conversationId, limit: 1 };
    const { nextCursor } = (await call('history', 200, { token: ann.token, params })).body;
    await call('history', 200, { token: ann.token, params: { ...params, before: nextCursor } });
    await call('history', 400, { token: ann.token, params: { ...params, before: 'x' } });
    await call('history', 404, { token: (await person(server)).token, params });
    for (const list of ['listConversations', 'listConversationsWhole']) {
      const { conversations } = (await call(list, 200, { token: bob.token, params: { limit: 10 } })).body;
      assert.equal(conversations.length, 1);
      await call(list, 400, { token: bob.token, params: { cursor: 'x' } });
    }
    await cursors(bob, await person(server));
  });

  async function cursors(bob, carl) {
    await say(carl, bob, 'Hello from Carl');
    for (const list of ['listConversations', 'listConversationsWhole']) {
      const { nextCursor } = (await call(list, 200, { token: bob.token, params: { limit: 1 } })).body;
      assert.equal(typeof nextCursor, 'string');
      await call(list, 200, { token: bob.token, params: { limit: 1, cursor: nextCursor } });
    }
  }

  test('show ticks', async () => {
    const [ann, bob] = await people(server, 'ann', 'bob');
    const message = await say(ann, bob, 'Hello');
    const { Device } = await import('../lib/device.js');
    const device = await Device.connect(server, bob);
    await device.ask('message_read', { messageId: message._id });
    device.close();
    const { body } = await call('history', 200, { token: ann.token, params: { id: message.conversationId } });
    assert.equal(body.messages[0].status, 'read');
  });
});

test('mail of administrators', async () => {
  const ann = await person(server, 'ann');
  const json = { email: 'customer@example.org', content: 'Dear customer' };
  await call('sendMail', 403, { token: ann.token, json });
  await call('sendMail', 404, { token: accessToken(unknownId), json });
  const promoted = await parley(['user', 'promote', ann.email], { env: server.environment(), cwd: server.dataDir });
  assert.equal(promoted.code, 0, promoted.stderr);
  await call('sendMail', 200, { token: ann.token, json });
  await call('sendMail', 400, { token: ann.token, json: { ...json, email: 'x' } });
});

describe('operations', () => {
  test('the root, for programs and for browsers', async () => {
    await call('root', 200);
    await call('root', 302, { headers: { accept: 'text/html' } });
  });

  test('health and figures', async () => {
    for (const id of ['healthz', 'readyz', 'metrics']) await call(id, 200);
  });

  test('a server whose disk is full is not ready', async (t) => {
    const limit = ['bash', '-c', 'trap "" XFSZ; ulimit -f 256; exec "$@"', '-'];
    const full = await Server.start({ wrap: limit });
    t.after(() => full.destroy());
    const [ann, bob] = await people(full, 'ann', 'bob');
    const fill = async () => {
      const answer = await ann.rest.post('/api/messages', { receiverId: bob.id, content: '€'.repeat(4096) });
      if (answer.status === 201) return false;
      const { pointer, operation } = operations.get('sendMessage');
      checkAnswer('sendMessage', pointer, operation, answer);
      return true;
    };
    await until(fill, { what: 'a full disk', ms: 20_000, every: 0 });
    await call('readyz', 503, { on: full });
    await call('healthz', 200, { on: full });
  });
});

describe('what every call refuses', () => {
  const all = [...operations.values()];
  const params = { id: unknownId, token: 'x' };

  test('no token, and a bad one', async () => {
    const closedOnes = all.filter(({ operation }) => operation.security);
    assert.ok(closedOnes.length > 10);
    for (const { id } of closedOnes) {
      await call(id, 401, { params });
      await call(id, 401, { params, token: expiredToken(unknownId) });
    }
  });

  test('a body that is too large', async () => {
    for (const { id, operation } of all.filter((each) => each.operation.requestBody)) {
      assert.ok(operation.responses[413], id);
      await call(id, 413, { params, token: accessToken(unknownId), raw: JSON.stringify({ x: 'x'.repeat(200_000) }) });
    }
  });

  test('too many calls', async (t) => {
    const strict = await Server.start({ env: { RATE_LIMIT_AUTH: '1', RATE_LIMIT_API: '1' } });
    t.after(() => strict.destroy());
    const limited = all.filter(({ operation }) => operation.responses[429]);
    assert.deepEqual(all.filter((each) => !limited.includes(each)).map(({ id }) => id), ['healthz', 'readyz', 'metrics']);
    // Both counters are used up, again when a minute has ended meanwhile.
    const useUp = async () => {
      for (const path of ['/', '/account/verify-email']) await new Rest(strict.url).get(path);
    };
    for (const { id } of limited) {
      await useUp();
      await call(id, 429, { on: strict, params });
    }
  });

  test('what there is no path or method for', async () => {
    const rest = new Rest(server.url);
    for (const [method, path, status] of [['GET', '/nope', 404], ['DELETE', '/api/users/me', 405]]) {
      const answer = await rest.call(method, path);
      assert.equal(answer.status, status);
      description.check('#/components/schemas/Error', answer.body, `${method} ${path}`);
    }
  });
});

test('a login before the address is verified, and a server that is busy', async (t) => {
  const env = { REQUIRE_VERIFIED_EMAIL: 'on', HASH_THREADS: '1', HASH_QUEUE: '1', HASH_COST: '8' };
  const strict = await Server.start({ env });
  t.after(() => strict.destroy());
  const { email } = await person(strict);
  await call('login', 403, { on: strict, json: { email, password } });
  const { pointer, operation } = operations.get('login');
  const flood = Array.from({ length: 12 }, () => new Rest(strict.url).post('/api/auth/login', { email, password }));
  const busy = (await Promise.all(flood)).filter(({ status }) => status === 503);
  assert.ok(busy.length > 0, 'one thread and a queue of one are not enough for twelve');
  for (const answer of busy) {
    checkAnswer('login', pointer, operation, answer);
    assert.match(answer.headers.get('retry-after'), /^\d+$/);
  }
});

test('nothing that is documented was left out', () => {
  const missing = [];
  for (const { id, pointer, operation } of operations.values()) {
    for (const [status, response] of Object.entries(operation.responses)) {
      // The server's own trouble has one shape, which was seen.
      if (status !== 'default' && !seen.has(`${id} ${status}`)) missing.push(`${id} ${status}`);
      if (response.content?.['application/json']) {
        missing.push(...description.unseen(`${pointer}/responses/${status}/content/application~1json/schema`));
      }
    }
  }
  for (const name of Object.keys(description.document.components.schemas)) {
    missing.push(...description.unseen(`#/components/schemas/${name}`));
  }
  assert.ok(seen.has('login default'));
  // Needs Redis, and that it goes away: tests/cluster sees it.
  const elsewhere = ['#/components/schemas/Readiness/properties/degraded'];
  // What is asked for, not what is answered.
  const isRequest = (pointer) => pointer.startsWith('#/components/schemas/NewMessage');
  assert.deepEqual([...new Set(missing)].filter((each) => !elsewhere.includes(each) && !isRequest(each)), []);
});
