#!/usr/bin/env node
// A chat client for the terminal: `node chat.mjs ann bob` logs in as ann (an account is made the first time) and talks to
// bob. It does what every client has to: a message gets an id of its own and is sent again until the server has
// acknowledged it; `sync` after each connect brings what was missed; what comes twice is shown once.
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

const usage = `usage: chat.mjs [--server URL] [--password WORD] YOU THEM

  YOU, THEM   usernames; each gets the address NAME@example.org
  --server    where Parley listens (default http://localhost:8000)
  --password  default "parley-demo"`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: 'string', default: 'http://localhost:8000' },
    password: { type: 'string', default: 'parley-demo' },
    help: { type: 'boolean' },
  },
});
const [me, them] = positionals;
if (values.help || !me || !them) {
  console.log(usage);
  process.exit(values.help ? 0 : 2);
}

async function call(method, path, { token, body } = {}) {
  const response = await fetch(values.server + path, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (response.status === 429) {
    // Ten logins and registrations a minute and address, unless the server is told otherwise (RATE_LIMIT_AUTH).
    const seconds = Number(response.headers.get('retry-after')) || 1;
    console.log(`— too many calls, going on in ${seconds} s —`);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return call(method, path, { token, body });
  }
  return { status: response.status, ...(await response.json()) };
}

async function logIn(username) {
  const credentials = { email: `${username}@example.org`, password: values.password };
  const first = await call('POST', '/api/auth/login', { body: credentials });
  if (first.status === 200) return first;
  const made = await call('POST', '/api/auth/register', { body: { username, ...credentials } });
  if (made.status === 409) throw new Error(`${credentials.email} has another password: say it with --password`);
  const wrong = (made.errors ?? []).map(({ field, message }) => ` (${field} ${message})`);
  if (made.status !== 201) throw new Error(made.message + wrong.join(''));
  return call('POST', '/api/auth/login', { body: credentials });
}

const session = await logIn(me).catch((error) => {
  console.error(error.cause ? `${values.server} does not answer` : error.message);
  process.exit(1);
});
let token = session.accessToken;
let refreshToken = session.refreshToken;

async function find(username) {
  const { users } = await call('GET', `/api/users?q=${encodeURIComponent(username)}`, { token });
  return users.find((user) => user.username === username);
}

let peer = await find(them);
while (!peer) {
  console.log(`${them} has no account yet: start "chat.mjs ${them} ${me}" in another terminal …`);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  peer = await find(them);
}

const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: `${me}> ` });
const print = (line) => {
  process.stdout.write('\r\x1b[K' + line + '\n');
  terminal.prompt(true);
};
const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Asked before each connection, so that one that comes back shows the newest token. `acks`: we confirm what we got.
const socket = io(values.server, { auth: (give) => give({ token, acks: true }) });

/** What the server answers; no answer is an error like those that pass. */
const ask = (event, payload) =>
  socket.timeout(5_000).emitWithAck(event, payload).catch(() => ({ ok: false, error: { code: 'timeout' } }));
const passes = ({ code }) => ['timeout', 'unavailable', 'overloaded', 'rate_limited', 'closed', 'internal'].includes(code);

// What the server has not acknowledged, the oldest first. An app keeps it where a restart finds it.
const outbox = [];
let sending = false;
async function sendAll() {
  if (sending) return;
  sending = true;
  while (outbox.length > 0) {
    const answer = await ask('send_message', outbox[0]);
    if (!answer.ok && passes(answer.error)) {
      await rest(500); // Then again with the same clientId: it is stored once, however often it arrives.
      continue;
    }
    const { content } = outbox.shift();
    print(answer.ok ? `  ✓ sent (${answer.message.seq})` : `  ✗ ${content}: ${answer.error.message}`);
  }
  sending = false;
}

const seen = new Set(); // By _id: deliveries and `sync` overlap.
const sent = new Set(); // By clientId: what was typed here is on the screen.
function show(message) {
  const isTheirs = message.sender === peer._id;
  if (seen.has(message._id) || !(isTheirs || message.receiver === peer._id)) return;
  seen.add(message._id);
  if (!sent.has(message.clientId)) print(`${isTheirs ? them : me}: ${message.content}`);
  if (isTheirs && message.status !== 'read') socket.emit('message_read', { messageId: message._id });
}

const ticks = { delivered: 0, read: 0 }; // Up to which seq: a tick covers all messages before it.
function tick(word, seq = 0) {
  if (seq <= ticks[word]) return;
  ticks[word] = seq;
  print(`  ✓✓ ${word} (${seq})`);
}

let cursor; // An app keeps it, too: without one, all that there is comes again.
async function catchUp() {
  const connection = socket.id;
  while (socket.id === connection) {
    const page = await ask('sync', { since: cursor });
    if (!page.ok) {
      if (!passes(page.error)) cursor = undefined; // Of another store, as after a restore.
      await rest(500);
      continue;
    }
    page.messages.forEach(show);
    for (const receipt of page.receipts.filter(({ userId }) => userId === peer._id)) {
      tick('delivered', receipt.deliveredSeq);
      tick('read', receipt.readSeq);
    }
    cursor = page.cursor;
    if (!page.hasMore) return;
  }
}

socket.on('connect', () => {
  print('— connected —');
  catchUp();
});
socket.on('disconnect', (reason) => print(`— ${reason}, coming back —`));
socket.on('connect_error', async (error) => {
  if (socket.active) return; // The network: the client tries again by itself.
  const fresh = await call('POST', '/api/auth/refresh', { body: { refreshToken } }).catch(() => ({}));
  if (fresh.status === 401) return print(`— ${error.message}: logged out, start again —`);
  if (fresh.status === 200) ({ accessToken: token, refreshToken } = fresh);
  else await rest(1_000);
  socket.connect();
});
socket.on('receive_message', (message, confirm) => {
  show(message);
  confirm?.(); // Only now its sender sees it delivered.
});
socket.on('typing', ({ userId }) => userId === peer._id && print(`— ${them} is typing —`));
socket.on('user_online', ({ userId }) => userId === peer._id && print(`— ${them} is online —`));
socket.on('user_offline', ({ userId }) => userId === peer._id && print(`— ${them} is offline —`));
socket.on('message_delivered', ({ receiverId, seq }) => receiverId === peer._id && tick('delivered', seq));
socket.on('message_read', ({ readerId, seq }) => readerId === peer._id && tick('read', seq));

terminal.on('line', (line) => {
  const content = line.trim();
  if (content === '/quit') return terminal.close();
  if (content) {
    const clientId = randomUUID();
    sent.add(clientId);
    outbox.push({ receiverId: peer._id, content, clientId });
    sendAll();
  }
  terminal.prompt();
});
terminal.on('close', () => {
  if (outbox.length > 0) console.log(`\n${outbox.length} not sent`);
  socket.close();
  process.exit(0);
});
terminal.prompt();
