/** People with a past, and the question whether a server still knows all of it. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';

import { Device } from '../lib/device.js';
import { conversationList, history, login, people, person, say } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { Server, parley } from '../lib/server.js';
import { originalLogin } from '../lib/tokens.js';

/** The same person on another server. */
export const on = (server, who) => ({ ...who, rest: new Rest(server.url, who.token) });

export const refresh = (server, refreshToken) => new Rest(server.url).post('/api/auth/refresh', { refreshToken });

/** All that somebody can read without connecting a device, which would change what is delivered. */
async function view(server, who) {
  const me = on(server, who);
  const conversations = await conversationList(me);
  const messages = {};
  for (const { conversationId } of conversations) messages[conversationId] = await history(me, conversationId);
  return { conversations, messages };
}

/** Ids of all messages of a view, and those that `sync` gives from the beginning. */
async function assertSyncs(server, who, { messages }) {
  const device = await Device.connect(server, who);
  const { messages: synced } = await device.sync();
  device.close();
  const ids = (all) => all.map((message) => message._id).sort();
  assert.deepEqual(ids(synced), ids(Object.values(messages).flat()));
}

/** Fills the server; gives what `assertSame` wants. */
export async function fill(server, { messages = 120 } = {}) {
  const everybody = await people(server, 'ann', 'bob', 'cid', 'dan');
  const [ann, bob, cid, dan] = everybody;
  await ann.rest.patch('/api/users/me', { name: 'Ann "Å" \\ 😀', emailNotifications: false });
  const logins = await Promise.all(everybody.map((who) => login(server, who)));
  const [open, rotated, closed] = logins.map((one) => one.refreshToken);
  const renewed = await refresh(server, rotated);
  assert.equal(renewed.status, 200, renewed.text);
  await new Rest(server.url, logins[2].accessToken).post('/api/auth/logout', { refreshToken: closed });

  const eve = await person(server, 'eve');
  const { refreshToken: stolen } = originalLogin(eve.id);
  const ended = await new Rest(server.url, (await login(server, eve)).accessToken).post('/api/auth/logout-all');
  assert.equal(ended.status, 204, ended.text);

  const phone = await Device.connect(server, bob);
  const first = await say(ann, bob, 'once', 'the client id');
  for (let i = 0; i < messages; ++i) {
    const [from, to] = [[ann, bob], [bob, ann], [ann, cid], [dan, ann]][i % 4];
    const sent = await say(from, to, `message ${i} é\n"x"`, i % 5 === 0 ? `client ${i}` : undefined);
    if (from === ann && to === bob && i < messages / 2) assert.equal((await phone.ask('message_read', { messageId: sent._id })).ok, true);
  }
  const { cursor } = await phone.sync();
  phone.close();
  await say(ann, bob, 'after the cursor');
  await say(dan, cid, 'not delivered');
  return { everybody, first, cursor, tokens: { open, renewed: renewed.body.refreshToken, rotated, closed, stolen } };
}

/** Everybody's view, to be compared after a move; the server keeps running. */
export async function views(server, world) {
  const all = [];
  for (const who of world.everybody) all.push(await view(server, who));
  return all;
}

/** The server knows all of it, and goes on from there. Changes things: call it last. */
export async function assertSame(server, world, before) {
  assert.deepEqual(await views(server, world), before);
  const [ann, bob] = world.everybody.map((who) => on(server, who));
  for (const [index, who] of world.everybody.entries()) await assertSyncs(server, who, before[index]);
  for (const who of world.everybody) await login(server, who);
  const me = await ann.rest.get('/api/users/me');
  assert.equal((me.body.user ?? me.body).name, 'Ann "Å" \\ 😀');

  const again = await say(ann, bob, 'twice', 'the client id');
  assert.equal(again._id, world.first._id);
  assert.equal(again.content, 'once');
  const device = await Device.connect(server, bob);
  const since = await device.sync(world.cursor);
  assert.deepEqual(since.messages.filter((message) => message.content === 'after the cursor').length, 1);
  // A node of a cluster tells again what is younger than some seconds, and so does who follows it.
  const most = world.cursor.includes('.') ? Infinity : 3;
  assert.ok(since.messages.length <= most, `${since.messages.length} messages since ${world.cursor}`);
  const { conversationId, seq } = before[0].messages[world.first.conversationId].at(-1);
  const next = await say(ann, bob, 'goes on');
  assert.equal(next.conversationId, conversationId);
  assert.equal(next.seq, seq + 1);
  assert.equal((await device.sync(since.cursor)).messages.filter((message) => message._id === next._id).length, 1);

  assert.equal((await refresh(server, world.tokens.open)).status, 200);
  assert.equal((await refresh(server, world.tokens.renewed)).status, 200);
  assert.equal((await refresh(server, world.tokens.closed)).status, 401);
  assert.equal((await refresh(server, world.tokens.rotated)).status, 401);
  assert.equal((await refresh(server, world.tokens.stolen)).status, 401);
}

/** The flags that name a store: {dataDir} or {mongo}. */
export const flags = ({ dataDir, mongo }) => (mongo ? ['--mongo-uri', mongo] : ['--data-dir', dataDir]);

const run = (store, ...args) => parley([...args, ...flags(store)], { deadline: 120_000, env: { MONGO_URI: '' } });

export const exportTo = (store, file, ...args) => run(store, 'export', file, ...args);
export const importFrom = (store, file, ...args) => run(store, 'import', file, ...args);
export const verify = (store) => run(store, 'verify-store');

export function assertDone({ code, stdout, stderr }) {
  assert.equal(code, 0, stdout + stderr);
}

/** A server on that store. */
export function serverOn({ dataDir, mongo }) {
  if (dataDir) mkdirSync(dataDir, { recursive: true });
  return Server.start({ dataDir, env: mongo ? { MONGO_URI: mongo } : {} });
}

export async function stop(server) {
  assert.equal((await server.stop()).code, 0, server.tail());
}

/** The lines of an archive behind the header, which tells when it was written. */
export const withoutHeader = (text) => text.slice(text.indexOf('\n') + 1);
