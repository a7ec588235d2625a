// Made by generate.mjs from docs/asyncapi.yaml: change it there.

/** What a client emits. */
export interface ClientToServerEvents {
  /** Send a message. Acknowledged once the message is on disk. The same `clientId` again gives the first message back and stores nothing, so that a call without an answer can be repeated. */
  send_message: (payload: NewMessage, ack: (answer: {
    ok: true;
    message: Message;
  } | Refused) => void) => void;
  /** Mark as read. That message and all earlier ones of the conversation. Only its receiver may. No event brings your new `unreadCount`: it is the messages to you with a greater `seq`. */
  message_read: (payload: {
    messageId: Id;
  }, ack: (answer: {
    ok: true;
  } | Refused) => void) => void;
  /** Say that you are typing. Repeat it every few seconds; typing ends by itself after 6 seconds of silence, and when a message is sent. */
  typing: (payload: ToSomebody, ack?: (answer: {
    ok: true;
  } | Refused) => void) => void;
  /** Say that you stopped typing */
  stop_typing: (payload: ToSomebody, ack?: (answer: {
    ok: true;
  } | Refused) => void) => void;
  /** Catch up. Everything since the cursor, in order: messages, receipts, conversations. Go on with `cursor` while `hasMore`, and keep the last one. Without `since`, from the beginning. A device's calls are answered one after another. Without an acknowledgement nothing happens. */
  sync: (payload: {
    /** The `cursor` of the last answer, or the `syncCursor` of a list. */
    since?: string;
    /** Messages and receipts a page; more than 500 means 500. Where texts are long a page ends earlier. */
    limit?: number;
  }, ack: (answer: {
    ok: true;
    messages: Array<Message>;
    receipts: Array<Receipt>;
    conversations: Array<Conversation>;
    cursor: string;
    hasMore: boolean;
  } | Refused) => void) => void;
  /** Stay connected with a fresh token. Another access token of the same user, before the old one expires. */
  auth_refresh: (payload: {
    /** An access token. */
    token: string;
  }, ack: (answer: {
    ok: true;
  } | Refused) => void) => void;
}

/** What a client hears. */
export interface ServerToClientEvents {
  /** A message. To all devices of receiver and sender. With `auth.acks` it comes to the receiver's device with an acknowledgement: call it, only then the message counts as delivered. */
  receive_message: (payload: Message, ack?: () => void) => void;
  /** A conversation has changed. To the same devices; `unreadCount` is the addressee's own. Whose conversation it is, when you do not know it yet, says `GET /api/conversations/list`. */
  conversation_updated: (payload: {
    conversationId: Id;
    lastMessage: Message;
    unreadCount: number;
  }) => void;
  /** Your message is on disk. To the device that sent it. */
  message_sent: (payload: {
    messageId: Id;
    clientId?: string;
    conversationId: Id;
    seq: number;
    createdAt: Time;
  }) => void;
  /** Your message has arrived. To the sender's devices, when the first device of the receiver has it. It covers all earlier messages of the conversation, too. */
  message_delivered: (payload: {
    messageId: Id;
    conversationId: Id;
    seq: number;
    receiverId: Id;
    deliveredAt: Time;
    status: "delivered";
  }) => void;
  /** Messages were read. To the sender's devices and the reader's other ones. It covers all earlier messages of the conversation. */
  message_read: (payload: {
    messageId: Id;
    conversationId: Id;
    seq: number;
    readerId: Id;
    readAt: Time;
    status: "read";
  }) => void;
  /** A call without an acknowledgement was refused */
  message_error: (payload: {
    /** The refused message's own. */
    clientId?: string;
    messageId?: Id;
    error: Problem;
  }) => void;
  /** Somebody is typing to you */
  typing: (payload: OfSomebody) => void;
  /** Somebody stopped typing to you */
  stop_typing: (payload: OfSomebody) => void;
  /** Somebody came online. Of the people you share a conversation with; once for all of their devices. */
  user_online: (payload: OfSomebody) => void;
  /** Somebody went offline. Of the people you share a conversation with, when their last device has left. */
  user_offline: (payload: {
    userId: Id;
    /** Unix milliseconds. */
    lastSeen: number;
  }) => void;
}

/** What the option `auth` of a connection holds. */
export interface Auth {
  /** An access token. */
  token: string;
  /** Whether this device confirms each `receive_message`. */
  acks?: boolean;
}

/** What a `connect_error` of the server says. */
export type ConnectRefusal = "Token missing" | "Auth failed" | "Auth too large" | "Too many devices";

/** 24 lower-case hex digits. */
export type Id = string;

/** ISO 8601 in UTC with milliseconds. */
export type Time = string;

/** Unix milliseconds; null for somebody who never left. */
export type LastSeen = number | null;

/** What others see of somebody. */
export interface User {
  _id: Id;
  username: string;
  name?: string;
  avatar?: string;
}

/** A message that is to be sent. */
export interface NewMessage {
  receiverId: Id;
  /** Characters are code points. */
  content: string;
  /** Your own id of the message, such as a UUID. */
  clientId?: string;
}

/** A message. */
export interface Message {
  _id: Id;
  conversationId: Id;
  sender: Id;
  receiver: Id;
  content: string;
  /** Counts the messages of the conversation; they are ordered by it. */
  seq: number;
  /** Never goes back. */
  status: "sent" | "delivered" | "read";
  createdAt: Time;
  updatedAt: Time;
  deliveredAt?: Time;
  readAt?: Time;
  /** Shown to its sender only. */
  clientId?: string;
}

/** A conversation as one of its people sees it. */
export interface Conversation {
  conversationId: Id;
  /** The others. */
  participants: Array<User>;
  lastMessage: Message | null;
  /** Whether the other one is. */
  online: boolean;
  lastSeen: LastSeen;
  /** Yours. */
  unreadCount: number;
}

/** For programs. */
export type ErrorCode = "bad_request" | "unauthorized" | "forbidden" | "not_found" | "method_not_allowed" | "conflict" | "too_large" | "rate_limited" | "not_supported" | "overloaded" | "timeout" | "unavailable" | "closed" | "corrupt" | "internal";

/** What is wrong with a field. */
export interface FieldError {
  field: string;
  message: string;
}

/** How far somebody has got in a conversation. */
export interface Receipt {
  conversationId: Id;
  userId: Id;
  /** All up to this one were delivered. */
  deliveredSeq: number;
  /** All up to this one were read. */
  readSeq: number;
  deliveredAt?: Time;
  readAt?: Time;
}

/** Whom it is for. */
export interface ToSomebody {
  receiverId: Id;
}

/** Who it is. */
export interface OfSomebody {
  userId: Id;
}

/** Why a call was refused. */
export interface Problem {
  /** For people. */
  message: string;
  code: ErrorCode;
  /** Only with rejected fields. */
  errors?: Array<FieldError>;
}

/** A refused call. */
export interface Refused {
  ok: false;
  error: Problem;
}
