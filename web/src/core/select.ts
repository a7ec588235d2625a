/** What the view and the transport ask the state. */
import { statusOf, type Chat, type Pending, type Person, type State } from './state';
import type { Message, Status } from './wire';
import { hasGap } from './window';

/** A row of the list: a conversation with its newest message, acknowledged or not. */
export interface Row {
  chat: Chat;
  person: Person | undefined;
  preview: { content: string; at: number; isMine: boolean; status: Status | Pending['state'] | null };
}

/** Conversations that have a message, the newest first. */
export function rows(state: State): Row[] {
  const pendingOf = new Map(state.pending.map((pending) => [pending.peerId, pending]));
  const made = Object.values(state.chats).flatMap((chat) => {
    const preview = previewOf(chat, pendingOf.get(chat.peerId), state.me);
    return preview ? [{ chat, person: state.people[chat.peerId], preview }] : [];
  });
  return made.sort((a, b) => b.preview.at - a.preview.at);
}

function previewOf(chat: Chat, pending: Pending | undefined, me: string): Row['preview'] | null {
  if (pending) return { content: pending.content, at: pending.createdAt, isMine: true, status: pending.state };
  if (!chat.last) return null;
  const isMine = chat.last.sender === me;
  const at = Date.parse(chat.last.createdAt);
  return { content: chat.last.content, at, isMine, status: isMine ? statusOf(chat.last, chat) : null };
}

export function totalUnread(state: State): number {
  return Object.values(state.chats).reduce((sum, chat) => sum + chat.unread, 0);
}

/** What may be sent now: of each person the oldest that waits, unless one is under way. So their order is kept. */
export function nextToSend(state: State): Pending[] {
  if (state.link !== 'online') return [];
  const busy = new Set(state.pending.filter((each) => each.state === 'sending').map((each) => each.peerId));
  return state.pending.filter((each) => {
    if (each.state !== 'waiting' || busy.has(each.peerId)) return false;
    busy.add(each.peerId);
    return true;
  });
}

/** Where the messages begin that were not read when a conversation was opened. */
export interface News {
  /** The first of them that is held. */
  id: string;
  count: number;
  /** There are more of them, which are not held. */
  isMore: boolean;
}

export function newsOf(chat: Chat, unread: number): News | null {
  const theirs = chat.messages.filter((message) => message.sender === chat.peerId);
  const first = theirs[Math.max(theirs.length - unread, 0)];
  if (unread === 0 || !first) return null;
  return { id: first._id, count: Math.min(unread, theirs.length), isMore: theirs.length < unread && chat.hasOlder };
}

/**
 * The newest message of the other one that is held and not read; nothing when all is read, or while what is held may
 * leave out messages before it: reading one is reading all of those.
 */
export function toRead(chat: Chat): Message | undefined {
  if (chat.history !== 'loaded') return undefined;
  const newest = [...chat.messages].reverse().find((each) => each.sender === chat.peerId);
  return newest && newest.seq > chat.mine && (chat.unread > 0 || newest.status !== 'read') ? newest : undefined;
}

const isBroken = (chat: Chat): boolean => chat.history === 'failed' || (chat.history === 'loaded' && hasGap(chat.messages));

/** Whose history has a gap or could not be loaded, and has to be asked for again. */
export function broken(state: State): string[] {
  return Object.values(state.chats).filter(isBroken).map((chat) => chat.peerId);
}

/** Whose history has a gap now, and had none before. */
export function newlyBroken(before: State, now: State): string[] {
  const changed = Object.values(now.chats).filter((chat) => chat !== before.chats[chat.peerId] && chat.history === 'loaded');
  return changed.filter((chat) => hasGap(chat.messages) && !hasGap(before.chats[chat.peerId]?.messages ?? [])).map((chat) => chat.peerId);
}

/** Who wrote, and is named by no list yet. */
export function strangers(state: State): string[] {
  return Object.values(state.chats).filter((chat) => chat.last && !state.people[chat.peerId]).map((chat) => chat.peerId);
}

/** A name for people. */
export function nameOf(person: Person | undefined): string {
  return person ? person.name || person.username : 'Somebody';
}

/** Whether trying again can help. */
export function isPassing(code: string): boolean {
  return ['overloaded', 'unavailable', 'closed', 'timeout', 'rate_limited', 'internal', 'network'].includes(code);
}
