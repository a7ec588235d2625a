// What the compiler must accept, and what it must not. Never runs.
import { io, type Socket } from 'socket.io-client';
import type { Auth, ClientToServerEvents, ConnectRefusal, Message, ServerToClientEvents } from './index.js';

const auth: Auth = { token: 'x', acks: true };
const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io('http://localhost:8000', { auth });

// Right.
socket.on('receive_message', (message, confirm) => {
  const text: string = message.content;
  const ticks: 'sent' | 'delivered' | 'read' = message.status;
  const at: string | undefined = message.deliveredAt;
  confirm?.();
  return [text, ticks, at];
});
socket.on('user_offline', ({ lastSeen }) => new Date(lastSeen));
socket.on('message_error', ({ clientId, error }) => [clientId, error.code === 'not_found', error.errors?.[0]?.field]);
socket.emit('typing', { receiverId: 'x' });
socket.emit('typing', { receiverId: 'x' }, (answer) => answer.ok);

export async function send(content: string): Promise<Message> {
  const answer = await socket.emitWithAck('send_message', { receiverId: 'x', content });
  if (!answer.ok) throw new Error(answer.error.message);
  return answer.message;
}

export async function catchUp(since: string): Promise<string> {
  const answer = await socket.timeout(5000).emitWithAck('sync', { since });
  if (!answer.ok) throw new Error(answer.error.code);
  const name: string | undefined = answer.conversations[0]?.participants[0]?.username;
  return name ?? answer.cursor;
}

export const refusals: ConnectRefusal[] = ['Token missing', 'Auth failed'];

// Wrong.
// @ts-expect-error there is no such event
socket.on('receive_massage', () => undefined);
// @ts-expect-error nor this one
socket.emit('send_mesage', { receiverId: 'x', content: 'Hello' }, () => undefined);
// @ts-expect-error a field is missing
socket.emit('send_message', { receiverId: 'x' }, () => undefined);
// @ts-expect-error a field is of the wrong type
socket.emit('message_read', { messageId: 5 }, () => undefined);
// @ts-expect-error a field does not exist
socket.emit('stop_typing', { userId: 'x' });
// @ts-expect-error who does not wait for the answer of sync gets none
socket.emit('sync', {});
// @ts-expect-error a message has no such field
socket.on('receive_message', (message) => message.text);
// @ts-expect-error whether it was refused comes first
socket.emit('send_message', { receiverId: 'x', content: 'Hello' }, (answer) => answer.message);
// @ts-expect-error there is no such status
socket.on('message_read', ({ status }) => status === 'seen');
// @ts-expect-error a connection wants a token
export const empty: Auth = {};
