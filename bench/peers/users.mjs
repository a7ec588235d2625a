// Accounts in memory, for peers that store nothing: enough REST for `parley bench`, and the contract's messages.
import { createServer } from 'node:http';

let counter = 0;
/** 24 hex digits, as the contract's ids. */
export function newId() {
  counter += 1;
  return counter.toString(16).padStart(24, '0');
}

const users = new Map();

const routes = {
  '/api/auth/register': ({ email, username }) => {
    const user = { _id: newId(), username, email };
    users.set(email, user);
    return [201, { message: 'User registered successfully', user }];
  },
  '/api/auth/login': ({ email }) => {
    const user = users.get(email);
    if (!user) return [401, { success: false, message: 'Invalid email or password' }];
    return [200, { message: 'Login successful', accessToken: user._id, refreshToken: user._id, user }];
  },
};

/** An HTTP server with POST /api/auth/register and /login, and GET /readyz. A token is the user's id. */
export function restServer() {
  return createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const route = routes[request.url];
    const [status, answer] = route ? route(JSON.parse(body)) : [200, { status: 'ok' }];
    const text = JSON.stringify(answer);
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
}

/** The contract's Message, as if it had been stored. */
export function newMessage(sender, { receiverId, content, clientId }, seq) {
  const now = new Date().toISOString();
  const conversationId = sender < receiverId ? sender : receiverId;
  return { _id: newId(), conversationId, sender, receiver: receiverId, content, seq, status: 'sent', createdAt: now, updatedAt: now, clientId };
}
