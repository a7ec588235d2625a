/** Accounts for tests: names nobody else uses, and a token minted here, which spares the server a login. */
import assert from 'node:assert/strict';

import { Rest } from './rest.js';
import { accessToken } from './tokens.js';

let counter = 0;
const run = process.pid.toString(36) + Math.floor(Math.random() * 1e6).toString(36);

/** A username of letters and digits that is unique in this run. */
export function uniqueName(prefix = 'u') {
  counter += 1;
  return `${prefix}${run}${counter.toString(36)}`;
}

export const password = 'correct horse 42';

/** Registers somebody; gives {id, username, email, password, token, rest}. */
export async function person(server, prefix = 'u') {
  const username = uniqueName(prefix);
  const email = `${username}@example.org`;
  const answer = await new Rest(server.url).post('/api/auth/register', { username, email, password });
  assert.equal(answer.status, 201, answer.text);
  const id = answer.body.user._id;
  const token = accessToken(id);
  return { id, username, email, password, token, rest: new Rest(server.url, token) };
}

export async function people(server, ...prefixes) {
  return Promise.all(prefixes.map((prefix) => person(server, prefix)));
}

/** Logs somebody in; gives {accessToken, refreshToken, user}. */
export async function login(server, who) {
  const answer = await new Rest(server.url).post('/api/auth/login', { email: who.email, password: who.password });
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** Sends over REST; gives the stored message. */
export async function say(sender, receiver, content, clientId) {
  const draft = { receiverId: receiver.id, content, ...(clientId && { clientId }) };
  const answer = await sender.rest.post('/api/messages', draft);
  assert.equal(answer.status, 201, answer.text);
  return answer.body.message;
}

/** All of a conversation, oldest first, read page by page. */
export async function history(who, conversationId, limit = 100) {
  const pages = [];
  let before = '';
  for (;;) {
    const answer = await who.rest.get(`/api/conversations/${conversationId}/messages?limit=${limit}${before}`);
    assert.equal(answer.status, 200, answer.text);
    pages.unshift(answer.body.messages);
    if (!answer.body.hasMore) return pages.flat();
    before = `&before=${answer.body.nextCursor}`;
  }
}

/** Somebody's conversation list, all pages of it. */
export async function conversationList(who, path = '/api/conversations/list') {
  const all = [];
  let cursor = '';
  for (;;) {
    const answer = await who.rest.get(`${path}?limit=100${cursor}`);
    assert.equal(answer.status, 200, answer.text);
    all.push(...answer.body.conversations);
    if (!answer.body.nextCursor) return all;
    cursor = `&cursor=${encodeURIComponent(answer.body.nextCursor)}`;
  }
}
