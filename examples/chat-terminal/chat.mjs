#!/usr/bin/env node
// A chat client for the terminal: `node chat.mjs ann bob` logs in as ann (an account is made the first time) and
// talks to bob. Shows ticks, typing and presence; what was missed while away comes first.
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
  return { status: response.status, ...(await response.json()) };
}

async function logIn(username) {
  const credentials = { email: `${username}@example.org`, password: values.password };
  const first = await call('POST', '/api/auth/login', { body: credentials });
  if (first.status === 200) return first;
  const made = await call('POST', '/api/auth/register', { body: { username, ...credentials } });
  if (made.status !== 201) throw new Error(made.message);
  return call('POST', '/api/auth/login', { body: credentials });
}

const session = await logIn(me);
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

const socket = io(values.server, { auth: (give) => give({ token }) });
const seen = new Set();
const show = (message) => {
  if (seen.has(message._id) || message.sender !== peer._id) return;
  seen.add(message._id);
  print(`${them}: ${message.content}`);
  socket.emit('message_read', { messageId: message._id });
};

socket.on('connect', () => print('— connected —'));
socket.on('disconnect', (reason) => print(`— ${reason}, coming back —`));
socket.on('connect_error', async (error) => {
  if (error.message !== 'Auth failed') return;
  const fresh = await call('POST', '/api/auth/refresh', { body: { refreshToken } });
  if (fresh.status !== 200) return print('— logged out: start again —');
  ({ accessToken: token, refreshToken } = fresh);
  socket.connect();
});
socket.on('receive_message', show);
socket.on('typing', ({ userId }) => userId === peer._id && print(`— ${them} is typing —`));
socket.on('user_online', ({ userId }) => userId === peer._id && print(`— ${them} is online —`));
socket.on('user_offline', ({ userId }) => userId === peer._id && print(`— ${them} is offline —`));
socket.on('message_delivered', ({ seq }) => print(`  ✓✓ delivered (${seq})`));
socket.on('message_read', ({ seq }) => print(`  ✓✓ read (${seq})`));

terminal.on('line', async (line) => {
  const content = line.trim();
  if (content === '/quit') return terminal.close();
  if (content) {
    const answer = await socket.timeout(10_000).emitWithAck('send_message', {
      receiverId: peer._id, content, clientId: randomUUID(),
    }).catch(() => ({ ok: false, error: { message: 'no answer from the server' } }));
    print(answer.ok ? `  ✓ sent (${answer.message.seq})` : `  ✗ ${answer.error.message}`);
  }
  terminal.prompt();
});
terminal.on('close', () => {
  socket.close();
  process.exit(0);
});
terminal.prompt();
