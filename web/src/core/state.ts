/** All that the client knows, as plain values that are never changed in place. */
import type { Message, Status, User } from './wire';

export interface Person {
  id: string;
  username: string;
  name?: string;
  /** The address of a picture, wherever it is. */
  avatar?: string;
  online: boolean;
  lastSeen: number | null;
}

/** A message that the server has not acknowledged. */
export interface Pending {
  clientId: string;
  peerId: string;
  content: string;
  createdAt: number;
  state: 'waiting' | 'sending' | 'failed';
  /** Why it failed, for people. */
  reason?: string;
}

/** What is shown of one conversation. There is one for each other person, so it goes by that person's id. */
export interface Chat {
  peerId: string;
  /** Known once there has been a message. */
  conversationId?: string;
  last?: Message;
  unread: number;
  /** A piece of the history without gaps, oldest first, up to its newest message. */
  messages: Message[];
  history: 'none' | 'loading' | 'loaded' | 'failed';
  hasOlder: boolean;
  /** Up to which `seq` the other one has got my messages, and has read them. Never smaller than before. */
  delivered: number;
  read: number;
  /** Up to which `seq` I have read. */
  mine: number;
  isTyping: boolean;
}

export type Link = 'connecting' | 'online' | 'offline';

export interface State {
  me: string;
  people: Readonly<Record<string, Person>>;
  chats: Readonly<Record<string, Chat>>;
  pending: readonly Pending[];
  link: Link;
  /** The list of conversations: where its next page begins; null when there is none. */
  list: { isLoaded: boolean; cursor: string | null };
}

export function emptyState(me: string): State {
  return { me, people: {}, chats: {}, pending: [], link: 'connecting', list: { isLoaded: false, cursor: null } };
}

export function emptyChat(peerId: string): Chat {
  return {
    peerId, unread: 0, messages: [], history: 'none', hasOlder: false, delivered: 0, read: 0, mine: 0, isTyping: false,
  };
}

/** Somebody of whom nothing else is known. */
export function personOf({ _id, username, name, avatar }: User): Person {
  return { id: _id, username, online: false, lastSeen: null, ...(name && { name }), ...(avatar && { avatar }) };
}

export function peerOf(message: Message, me: string): string {
  return message.sender === me ? message.receiver : message.sender;
}

const ranks: Record<Status, number> = { sent: 0, delivered: 1, read: 2 };

/** The further of two: a status never goes back. */
export function further(a: Status, b: Status): Status {
  return ranks[a] >= ranks[b] ? a : b;
}

/** How far a message of mine has come. */
export function statusOf(message: Message, chat: Chat): Status {
  if (message.seq <= chat.read) return 'read';
  return message.seq <= chat.delivered ? further('delivered', message.status) : message.status;
}
