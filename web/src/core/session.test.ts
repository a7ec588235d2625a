import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isFresh, lifetime, makeSession, parseSession, refreshAt } from './session';

const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;
const user = { _id: 'a'.repeat(24), username: 'ann' };
const session = (seconds: number, now = 1_000_000) =>
  makeSession(user, { accessToken: token({ iat: 50, exp: 50 + seconds }), refreshToken: 'r' }, now);

test('a token lives as long as it says, whatever the time on the server', () => {
  assert.equal(lifetime(token({ iat: 9_999_999, exp: 9_999_999 + 900 })), 900_000);
  for (const bad of ['', 'x.y.z', token({}), token({ iat: 5, exp: 5 })]) assert.equal(lifetime(bad), 60_000);
});

test('a fresh token is asked for before the old one ends', () => {
  assert.equal(refreshAt(session(900)), 1_000_000 + 780_000);
  assert.equal(refreshAt(session(5)), 1_000_000 + 4_000);
  assert.ok(isFresh(session(5), 1_003_900) && !isFresh(session(5), 1_004_000));
});

test('a clock that was set back does not keep a token for ever', () => {
  assert.ok(!isFresh(session(900), 1_000_000 - 3_600_000));
});

test('only a whole session is read back', () => {
  assert.deepEqual(parseSession(JSON.stringify(session(5))), session(5));
  for (const bad of [null, '', '{', 'null', '1', '{}', '{"accessToken":"a"}']) assert.equal(parseSession(bad), null);
});
