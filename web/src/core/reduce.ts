/** What each piece of news makes of the state. No waiting, no clocks, nothing from outside. */
import { emptyChat, further, peerOf, type Chat, type Link, type Pending, type Person, type State } from './state';
import { merge, mergeArrivals, mergeLatest } from './window';
import type { Conversation, Message, Receipt, User } from './wire';

export type Action =
  | { type: 'linked'; link: Link }
  | { type: 'listed'; conversations: Conversation[]; cursor: string | null; isFirstPage: boolean }
  | { type: 'met'; user: User; online?: boolean; lastSeen?: number | null }
  | { type: 'opened'; peerId: string }
  | { type: 'historyAsked'; peerId: string }
  | { type: 'historyFailed'; peerId: string }
  | { type: 'historyCame'; peerId: string; messages: Message[]; hasMore: boolean; page: 'latest' | 'older' }
  | { type: 'arrived'; messages: Message[] }
  | { type: 'conversationUpdated'; conversationId: string; lastMessage: Message; unreadCount: number }
  | { type: 'synced'; messages: Message[]; receipts: Receipt[]; conversations: Conversation[] }
  | { type: 'delivered'; conversationId: string; seq: number }
  | { type: 'read'; conversationId: string; seq: number; readerId: string }
  | { type: 'readHere'; peerId: string; seq: number }
  | { type: 'presence'; userId: string; online: boolean; lastSeen?: number }
  | { type: 'typing'; userId: string; isTyping: boolean }
  | { type: 'queued'; pending: Pending }
  | { type: 'sending'; clientId: string }
  | { type: 'deferred'; clientId: string }
  | { type: 'failed'; clientId: string; reason: string }
  | { type: 'retried'; clientId: string }
  | { type: 'discarded'; clientId: string };

type Of<T extends Action['type']> = Extract<Action, { type: T }>;

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'linked': return linked(state, action.link);
    case 'listed': return listed(state, action);
    case 'met': return met(state, action);
    case 'opened': return state.chats[action.peerId] ? state : withChat(state, action.peerId, (chat) => chat);
    case 'historyAsked': return withChat(state, action.peerId, (chat) => ({ ...chat, history: 'loading' }));
    case 'historyFailed': return withChat(state, action.peerId, (chat) => ({ ...chat, history: 'failed' }));
    case 'historyCame': return historyCame(state, action);
    case 'arrived': return action.messages.reduce(arrived, state);
    case 'conversationUpdated': return conversationUpdated(state, action);
    case 'synced': return synced(state, action);
    case 'delivered': return withConversation(state, action.conversationId, (chat) => seen(chat, action.seq, 0));
    case 'read': return read(state, action);
    case 'readHere': return withChat(state, action.peerId, (chat) => ({ ...readUpTo(chat, action.seq), unread: 0 }));
    case 'presence': return presence(state, action);
    case 'typing': return typing(state, action);
    case 'queued': return { ...state, pending: [...state.pending, action.pending] };
    case 'sending': return withPending(state, action.clientId, (pending) => ({ ...pending, state: 'sending' }));
    case 'deferred': return withPending(state, action.clientId, (pending) => (pending.state === 'sending' ? waiting(pending) : pending));
    case 'retried': return withPending(state, action.clientId, waiting);
    case 'failed': return withPending(state, action.clientId, (it) => ({ ...it, state: 'failed', reason: action.reason }));
    case 'discarded': return without(state, action.clientId);
  }
}

function withChat(state: State, peerId: string, change: (chat: Chat) => Chat): State {
  const chat = change(state.chats[peerId] ?? emptyChat(peerId));
  return { ...state, chats: { ...state.chats, [peerId]: chat } };
}

/** Nothing happens for a conversation that is not known yet: the list will bring it as it is by then. */
function withConversation(state: State, conversationId: string, change: (chat: Chat) => Chat): State {
  const chat = Object.values(state.chats).find((each) => each.conversationId === conversationId);
  return chat ? withChat(state, chat.peerId, change) : state;
}

function withPending(state: State, clientId: string, change: (pending: Pending) => Pending): State {
  return { ...state, pending: state.pending.map((each) => (each.clientId === clientId ? change(each) : each)) };
}

function without(state: State, clientId: string): State {
  return { ...state, pending: state.pending.filter((each) => each.clientId !== clientId) };
}

function waiting({ reason: _, ...pending }: Pending): Pending {
  return { ...pending, state: 'waiting' };
}

/** What was under way when the connection went is tried again; nobody is known to type. */
function linked(state: State, link: Link): State {
  if (link === 'online') return { ...state, link };
  const pending = state.pending.map((each) => (each.state === 'sending' ? waiting(each) : each));
  const chats = Object.values(state.chats).map((chat) => (chat.isTyping ? { ...chat, isTyping: false } : chat));
  return { ...state, link, pending, chats: Object.fromEntries(chats.map((chat) => [chat.peerId, chat])) };
}

function seen(chat: Chat, delivered: number, readSeq: number): Chat {
  return {
    ...chat,
    delivered: Math.max(chat.delivered, delivered, readSeq),
    read: Math.max(chat.read, readSeq),
  };
}

/** What a message of mine says of those before it. */
function seenBy(chat: Chat, message: Message, me: string): Chat {
  if (message.sender !== me || message.status === 'sent') return chat;
  return seen(chat, message.seq, message.status === 'read' ? message.seq : 0);
}

function readUpTo(chat: Chat, seq: number): Chat {
  return { ...chat, mine: Math.max(chat.mine, seq) };
}

function newest(a: Message | undefined, b: Message): Message {
  if (!a || b.seq > a.seq) return b;
  return a._id === b._id ? { ...b, status: further(a.status, b.status) } : a;
}

function person(state: State, user: User, news: Partial<Person>): State {
  const known = state.people[user._id];
  const next: Person = {
    online: false, lastSeen: null, ...known, ...news, id: user._id, username: user.username,
    ...(user.name !== undefined && { name: user.name }), ...(user.avatar !== undefined && { avatar: user.avatar }),
  };
  return { ...state, people: { ...state.people, [user._id]: next } };
}

function met(state: State, { user, online, lastSeen }: Of<'met'>): State {
  return person(state, user, {
    ...(online !== undefined && { online }), ...(lastSeen !== undefined && { lastSeen }),
  });
}

/** True when I have read all that the other one has said, as far as this client knows. */
function isRead(chat: Chat, last: Message | null | undefined): boolean {
  const theirs = [...chat.messages, ...(last ? [last] : [])].filter((message) => message.sender === chat.peerId);
  return theirs.length > 0 && theirs.every((message) => message.seq <= chat.mine);
}

/** A row of the list. It may be older than what was told meanwhile: then it changes neither the end nor the count. */
function summarized(state: State, row: Conversation): State {
  const user = row.participants[0];
  if (!user) return state;
  const next = person(state, user, { online: row.online, lastSeen: row.lastSeen });
  return withChat(next, user._id, (chat) => {
    const last = row.lastMessage;
    const held = chat.last?.seq ?? 0;
    const its = last?.seq ?? 0;
    const unread = its < held ? chat.unread : isRead(chat, last) ? 0 : row.unreadCount;
    const told = { ...chat, conversationId: row.conversationId, unread, ...(last && { last: newest(chat.last, last) }) };
    return last ? seenBy(told, last, state.me) : told;
  });
}

function listed(state: State, { conversations, cursor, isFirstPage }: Of<'listed'>): State {
  const next = conversations.reduce(summarized, state);
  // A first page that comes again does not forget how far the list was read.
  const isAgain = isFirstPage && state.list.isLoaded;
  return { ...next, list: { isLoaded: true, cursor: isAgain ? state.list.cursor : cursor } };
}

function historyCame(state: State, { peerId, messages, hasMore, page }: Of<'historyCame'>): State {
  const chatBefore = state.chats[peerId];
  const next = withChat(state, peerId, (chat) => {
    const all = page === 'latest' ? mergeLatest(chat.messages, messages) : merge(chat.messages, messages);
    const isKept = page === 'latest' && all[0]?._id === chat.messages[0]?._id && all[0]?._id !== messages[0]?._id;
    const hasOlder = isKept ? all[0]!.seq > 1 : hasMore;
    const told = messages.reduce((it, message) => seenBy(it, message, state.me), chat);
    const end = messages[messages.length - 1];
    return {
      ...told, messages: all, hasOlder, history: 'loaded',
      ...(end && { last: newest(chat.last, end), conversationId: end.conversationId }),
    };
  });
  return chatBefore ? settled(next, messages) : next;
}

/** Messages of mine that have come back are pending no more. */
function settled(state: State, messages: Message[]): State {
  const ids = new Set(messages.filter((each) => each.sender === state.me).map((each) => each.clientId));
  const pending = state.pending.filter((each) => !ids.has(each.clientId));
  return pending.length === state.pending.length ? state : { ...state, pending };
}

function arrived(state: State, message: Message): State {
  const isMine = message.sender === state.me;
  // Until the server says how many there are: what is pushed after an absence comes without a count.
  const isNews = (chat: Chat) => !isMine && message.status !== 'read' && message.seq > Math.max(chat.last?.seq ?? 0, chat.mine);
  const next = withChat(state, peerOf(message, state.me), (chat) => ({
    ...seenBy(chat, message, state.me),
    unread: chat.unread + (isNews(chat) ? 1 : 0),
    conversationId: message.conversationId,
    messages: mergeArrivals(chat.messages, [message]),
    last: newest(chat.last, message),
    isTyping: isMine ? chat.isTyping : false,
  }));
  return isMine ? settled(next, [message]) : next;
}

function conversationUpdated(state: State, { lastMessage, unreadCount }: Of<'conversationUpdated'>): State {
  return withChat(arrived(state, lastMessage), peerOf(lastMessage, state.me), (chat) => {
    const isNewest = chat.last!.seq === lastMessage.seq;
    return isNewest && lastMessage.seq > chat.mine ? { ...chat, unread: unreadCount } : chat;
  });
}

function receipt(state: State, { conversationId, userId, deliveredSeq, readSeq }: Receipt): State {
  if (userId !== state.me) return withConversation(state, conversationId, (chat) => seen(chat, deliveredSeq, readSeq));
  return readElsewhere(state, conversationId, readSeq);
}

/** The count that is left when another device of mine has read so far. */
function readElsewhere(state: State, conversationId: string, seq: number): State {
  return withConversation(state, conversationId, (chat) => {
    if (seq <= chat.mine) return chat;
    const left = chat.messages.filter((each) => each.seq > seq && each.sender === chat.peerId).length;
    const unread = (chat.last?.seq ?? 0) <= seq ? 0 : Math.min(chat.unread, left);
    return readUpTo({ ...chat, unread }, seq);
  });
}

function synced(state: State, { messages, receipts, conversations }: Of<'synced'>): State {
  // Rows first: they say whose conversation a receipt belongs to.
  const known = conversations.reduce(summarized, state);
  return receipts.reduce(receipt, messages.reduce(arrived, known));
}

function read(state: State, { conversationId, seq, readerId }: Of<'read'>): State {
  if (readerId === state.me) return readElsewhere(state, conversationId, seq);
  return withConversation(state, conversationId, (chat) => seen(chat, seq, seq));
}

function presence(state: State, { userId, online, lastSeen }: Of<'presence'>): State {
  const known = state.people[userId];
  if (!known) return state;
  const next = { ...known, online, lastSeen: lastSeen ?? known.lastSeen };
  const told = { ...state, people: { ...state.people, [userId]: next } };
  return online ? told : typing(told, { type: 'typing', userId, isTyping: false });
}

function typing(state: State, { userId, isTyping }: Of<'typing'>): State {
  const chat = state.chats[userId];
  if (!chat || chat.isTyping === isTyping) return state;
  return withChat(state, userId, (it) => ({ ...it, isTyping }));
}
