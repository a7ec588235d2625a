// The same relay without Socket.IO's library: the ws package, and the few packets of Engine.IO and Socket.IO that the bench
// needs, written by hand. Each event is encoded once and sent to the sockets of both users; per message what relay-socketio.mjs does.
import { WebSocketServer } from 'ws';
import { newId, newMessage, restServer } from './users.mjs';

const http = restServer();
const server = new WebSocketServer({ server: http, path: '/socket.io/', perMessageDeflate: false });
const sockets = new Map();
let seq = 0;

const event = (name, body) => `42${JSON.stringify([name, body])}`;

function sendTo(users, text) {
  for (const user of users) for (const socket of sockets.get(user) ?? []) socket.send(text);
}

function onMessage(socket, draft, ackId) {
  const message = newMessage(socket.user, draft, ++seq);
  const both = [message.receiver, socket.user];
  sendTo(both, event('receive_message', message));
  sendTo(both, event('conversation_updated', { conversationId: message.conversationId, lastMessage: message, unreadCount: 1 }));
  socket.send(event('message_sent', { messageId: message._id, clientId: message.clientId, seq: message.seq }));
  sendTo([socket.user], event('message_delivered', { messageId: message._id, deliveredAt: message.createdAt, status: 'delivered' }));
  if (ackId) socket.send(`43${ackId}${JSON.stringify([{ ok: true, message }])}`);
}

function onConnect(socket, { token }) {
  socket.user = token;
  if (!sockets.has(token)) sockets.set(token, new Set());
  sockets.get(token).add(socket);
  socket.send(`40{"sid":"${newId()}"}`);
}

server.on('connection', (socket) => {
  socket.send(`0{"sid":"${newId()}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`);
  const ping = setInterval(() => socket.send('2'), 25_000);
  socket.on('message', (bytes) => {
    const [, type, id, json] = /^4([02])(\d*)(.*)$/s.exec(bytes.toString()) ?? [];
    if (type === '0') onConnect(socket, JSON.parse(json));
    if (type !== '2') return;
    const [name, draft] = JSON.parse(json);
    if (name === 'send_message') onMessage(socket, draft, id);
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => {
    clearInterval(ping);
    sockets.get(socket.user)?.delete(socket);
  });
});

http.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('relay-ws is ready'));
