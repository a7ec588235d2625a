// A bare Socket.IO relay, the least that a Node server can do with the contract's events. It stores nothing, checks no token
// and no input, and counts nothing but a sequence. Per message: one object, one broadcast of receive_message and one of
// conversation_updated to the rooms of both users (the sender is told the receiver's unreadCount, which spares a second
// encoding), message_sent to the sending socket, message_delivered to the sender's room, and the acknowledgement.
import { Server } from 'socket.io';
import { newMessage, restServer } from './users.mjs';

const http = restServer();
const io = new Server(http, { transports: ['websocket'] });
let seq = 0;

io.on('connection', (socket) => {
  const user = socket.handshake.auth.token;
  socket.join(user);
  socket.on('send_message', (draft, ack) => {
    const message = newMessage(user, draft, ++seq);
    const both = io.to(message.receiver).to(user);
    both.emit('receive_message', message);
    both.emit('conversation_updated', { conversationId: message.conversationId, lastMessage: message, unreadCount: 1 });
    socket.emit('message_sent', { messageId: message._id, clientId: message.clientId, seq: message.seq });
    io.to(user).emit('message_delivered', { messageId: message._id, deliveredAt: message.createdAt, status: 'delivered' });
    ack?.({ ok: true, message });
  });
});

http.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('relay-socketio is ready'));
