/** What the server says and hears (docs/api.md), as far as this client uses it. */

export type Status = 'sent' | 'delivered' | 'read';

export interface User {
  _id: string;
  username: string;
  name?: string;
  avatar?: string;
}

/** The own account. */
export interface Own extends User {
  email: string;
  emailNotifications: boolean;
}

/** One of the places where somebody is logged in. */
export interface Login {
  _id: string;
  createdAt: string;
  lastUsedAt?: string;
  current: boolean;
}

export interface Message {
  _id: string;
  conversationId: string;
  sender: string;
  receiver: string;
  content: string;
  seq: number;
  status: Status;
  createdAt: string;
  deliveredAt?: string;
  readAt?: string;
  clientId?: string;
}

export interface Conversation {
  conversationId: string;
  participants: User[];
  lastMessage: Message | null;
  online: boolean;
  lastSeen: number | null;
  unreadCount: number;
}

export interface Receipt {
  conversationId: string;
  userId: string;
  deliveredSeq: number;
  readSeq: number;
}

export interface SyncPage {
  messages: Message[];
  receipts: Receipt[];
  conversations: Conversation[];
  cursor: string;
  hasMore: boolean;
}

export interface WireError {
  code: string;
  message: string;
  errors?: { field: string; message: string }[];
}

export type Answer<T = object> = ({ ok: true } & T) | { ok: false; error: WireError };
