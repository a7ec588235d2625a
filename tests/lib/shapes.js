/** The contract's objects and errors, as assertions. Source: docs, "The contract". */
import assert from 'node:assert/strict';

export const idForm = /^[0-9a-f]{24}$/;
export const timeForm = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
export const unknownId = 'f'.repeat(24);

/** The error body of every REST answer that is one. */
export function assertError(answer, status, { message, code, field } = {}) {
  assert.equal(answer.status, status, answer.text);
  const body = answer.body;
  assert.ok(body, `an error is JSON, got ${answer.headers.get('content-type')}: ${answer.text}`);
  assert.equal(body.success, false);
  assert.equal(typeof body.message, 'string');
  assert.ok(body.message.length > 0);
  assert.match(body.code, /^[a-z]+(_[a-z]+)*$/);
  if (message) assert.equal(body.message, message);
  if (code) assert.equal(body.code, code);
  if (field) assertField(body, field);
}

function assertField(body, field) {
  assert.ok(Array.isArray(body.errors), `errors[] is missing: ${JSON.stringify(body)}`);
  for (const entry of body.errors) {
    assert.equal(typeof entry.field, 'string');
    assert.equal(typeof entry.message, 'string');
  }
  const fields = body.errors.map((entry) => entry.field);
  assert.ok(fields.includes(field), `errors[] names ${fields}, not ${field}`);
}

export function assertNotAuthorized(answer) {
  assertError(answer, 401, { message: 'Not authorized', code: 'unauthorized' });
}

export function assertInvalidToken(answer) {
  assertError(answer, 401, { message: 'Invalid token', code: 'unauthorized' });
}

/** The error of an acknowledgement or of message_error. */
export function assertSocketError(answer, code) {
  assert.equal(answer.ok, false, JSON.stringify(answer));
  assertErrorObject(answer.error, code);
}

export function assertErrorObject(error, code) {
  assert.equal(typeof error?.message, 'string', JSON.stringify(error));
  assert.match(error.code, /^[a-z]+(_[a-z]+)*$/);
  if (code) assert.ok([code].flat().includes(error.code), `code ${error.code}, expected ${code}`);
}

const messageFields = new Set(['_id', 'conversationId', 'sender', 'receiver', 'content', 'status', 'createdAt',
  'updatedAt', 'deliveredAt', 'readAt', 'clientId', 'seq']);

/** A Message with all of its fields; `expected` is compared member by member. */
export function assertMessage(message, expected = {}) {
  assert.equal(typeof message, 'object', `a message: ${message}`);
  for (const name of ['_id', 'conversationId', 'sender', 'receiver']) assert.match(message[name], idForm, name);
  for (const name of ['createdAt', 'updatedAt']) assert.match(message[name], timeForm, name);
  assert.equal(typeof message.content, 'string');
  assert.ok(Number.isSafeInteger(message.seq) && message.seq >= 1, `seq ${message.seq}`);
  assert.ok(['sent', 'delivered', 'read'].includes(message.status), `status ${message.status}`);
  if (message.status === 'sent') assert.ok(message.deliveredAt == null && message.readAt == null);
  if (message.status !== 'sent') assert.match(message.deliveredAt, timeForm, 'deliveredAt');
  if (message.status === 'read') assert.match(message.readAt, timeForm, 'readAt');
  for (const name of Object.keys(message)) assert.ok(messageFields.has(name), `a message has no ${name}`);
  for (const [name, value] of Object.entries(expected)) assert.deepEqual(message[name], value, name);
}

/** What others see of a user, and nothing more. */
export function assertPublicUser(user, who) {
  assert.match(user._id, idForm);
  assert.equal(typeof user.username, 'string');
  for (const name of Object.keys(user)) {
    assert.ok(['_id', 'username', 'name', 'avatar'].includes(name), `a public user shows ${name}`);
  }
  if (who) assert.deepEqual([user._id, user.username], [who.id, who.username]);
}

/** What users see of themselves. */
export function assertOwnUser(user, { username, email }) {
  assert.match(user._id, idForm);
  assert.deepEqual([user.username, user.email], [username, email]);
  assert.match(user.createdAt, timeForm);
  assert.match(user.updatedAt, timeForm);
  assertNoSecret(user);
}

/** No password and no hash anywhere inside. */
export function assertNoSecret(value) {
  const text = JSON.stringify(value);
  assert.doesNotMatch(text, /\$2[aby]?\$/);
  assert.doesNotMatch(text, /"(password|passwordHash|password_hash|hash)"/i);
}

/** A lastSeen of the status calls: Unix milliseconds not long ago, or null. */
export function assertLastSeenNumber(value, { known }) {
  if (!known) return assert.equal(value, null);
  assert.equal(typeof value, 'number');
  assert.ok(Math.abs(Date.now() - value) < 60_000, `lastSeen ${value}`);
}
