/** What the tests of the core are made of: me, two others, and their messages. */
import { reduce, type Action } from './reduce';
import { emptyState, type Pending, type State } from './state';
import type { Conversation, Message } from './wire';

export const me = 'a'.repeat(24);
export const bob = 'b'.repeat(24);
export const cat = 'c'.repeat(24);

/** The conversation with `peer`. */
export const talk = (peer: string): string => peer[0]!.repeat(23) + '0';

export function theirs(seq: number, more: Partial<Message> = {}): Message {
  return {
    _id: `${seq}`.padStart(24, '0'), conversationId: talk(bob), sender: bob, receiver: me, content: `message ${seq}`, seq,
    status: 'delivered', createdAt: new Date(Date.UTC(2026, 0, 1, 12, 0, seq)).toISOString(), ...more,
  };
}

export function mine(seq: number, more: Partial<Message> = {}): Message {
  return theirs(seq, { sender: me, receiver: bob, status: 'sent', clientId: `c${seq}`, ...more });
}

export function range(from: number, to: number, make = theirs): Message[] {
  return Array.from({ length: to - from + 1 }, (_, index) => make(from + index));
}

export function summary(last: Message | null, more: Partial<Conversation> = {}): Conversation {
  return {
    conversationId: talk(bob), participants: [{ _id: bob, username: 'bob' }], lastMessage: last, online: false, lastSeen: null,
    unreadCount: 0, ...more,
  };
}

export function pending(clientId: string, more: Partial<Pending> = {}): Pending {
  return { clientId, peerId: bob, content: clientId, createdAt: Date.UTC(2026, 0, 2), state: 'waiting', ...more };
}

/** The state after these actions. */
export function after(...actions: Action[]): State {
  return actions.reduce(reduce, emptyState(me));
}

export const seqs = (state: State, peer = bob): number[] => state.chats[peer]!.messages.map((message) => message.seq);
export const arrive = (...messages: Message[]): Action => ({ type: 'arrived', messages });
export const latest = (messages: Message[], hasMore = false): Action =>
  ({ type: 'historyCame', peerId: bob, messages, hasMore, page: 'latest' });
export const older = (messages: Message[], hasMore = false): Action =>
  ({ type: 'historyCame', peerId: bob, messages, hasMore, page: 'older' });
export const list = (...conversations: Conversation[]): Action =>
  ({ type: 'listed', conversations, cursor: null, isFirstPage: true });
