// A server on the stack of the Node.js original (Express, Socket.IO with the Redis adapter, Mongoose, ioredis, BullMQ), ours, that
// does per message what the original's description says: looks the conversation up or makes it, stores the message, updates the
// conversation's last message and unread count, sends receive_message and conversation_updated to the rooms of both, asks Redis
// whether the receiver is online; if so the message becomes `delivered`, the unread count 0, and the sender gets message_delivered;
// if not, an e-mail job is queued. It acknowledges nothing: the bench takes the sender's own receive_message for the answer.
import { createAdapter } from '@socket.io/redis-adapter';
import bcrypt from 'bcryptjs';
import { Queue } from 'bullmq';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import mongoose from 'mongoose';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { Conversation, Message, User } from './original-models.mjs';

const secret = 'the secret of a bench';
const newRedis = () => new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: null });
const redis = newRedis();
const emails = new Queue('email-queue', { connection: newRedis() });
await mongoose.connect(process.env.MONGO_URI);
await Promise.all([User.init(), Conversation.init(), Message.init()]);

const app = express().use(helmet(), cors(), express.json());
app.get('/readyz', (_, response) => response.json({ status: 'ok' }));
app.post('/api/auth/register', async ({ body }, response) => {
  const password = await bcrypt.hash(body.password, Number(process.env.HASH_COST ?? 10));
  const user = await User.create({ ...body, password });
  response.status(201).json({ message: 'User registered successfully', user: { _id: user._id, username: user.username } });
});
app.post('/api/auth/login', async ({ body }, response) => {
  const user = await User.findOne({ email: body.email });
  if (!user || !(await bcrypt.compare(body.password, user.password))) return response.status(401).json({ success: false });
  const accessToken = jwt.sign({ userId: user._id }, secret, { expiresIn: '1h' });
  return response.json({ message: 'Login successful', accessToken, user: { _id: user._id } });
});

const http = createServer(app);
const io = new Server(http, { transports: ['websocket'], adapter: createAdapter(newRedis(), newRedis()) });
io.use((socket, next) => {
  try {
    socket.userId = jwt.verify(socket.handshake.auth.token, secret).userId;
    next();
  } catch {
    next(new Error('Auth failed'));
  }
});

async function store(sender, receiver, content) {
  let conversation = await Conversation.findOne({ participants: { $all: [sender, receiver] } });
  conversation ??= await Conversation.create({ participants: [sender, receiver] });
  const message = await Message.create({ sender, receiver, conversationId: conversation._id, content });
  const unread = (conversation.unreadCount.get(receiver) ?? 0) + 1;
  await Conversation.updateOne({ _id: conversation._id }, {
    $set: { lastMessage: content, lastMessageAt: message.createdAt }, $inc: { [`unreadCount.${receiver}`]: 1 },
  });
  return { message, unread };
}

async function deliver(message, sender, receiver) {
  const deliveredAt = new Date();
  await Message.updateOne({ _id: message._id }, { $set: { status: 'delivered', deliveredAt } });
  await Conversation.updateOne({ _id: message.conversationId }, { $set: { [`unreadCount.${receiver}`]: 0 } });
  io.to(sender).emit('message_delivered', { messageId: message._id, deliveredAt });
}

async function send(sender, { receiverId, content }) {
  const { message, unread } = await store(sender, receiverId, content);
  const both = io.to(receiverId).to(sender);
  both.emit('receive_message', message);
  both.emit('conversation_updated', { conversationId: message.conversationId, lastMessage: message, unreadCount: unread });
  if (await redis.sismember('online_users', receiverId)) return deliver(message, sender, receiverId);
  return emails.add('send-email', { receiverId, senderId: sender, messageContent: content }, { removeOnComplete: true });
}

io.on('connection', async (socket) => {
  socket.join(socket.userId);
  socket.on('send_message', (draft) => send(socket.userId, draft).catch((error) => console.error(error.message)));
  socket.on('disconnect', () => redis.srem('online_users', socket.userId));
  await redis.sadd('online_users', socket.userId);
});

http.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('original-stack is ready'));
