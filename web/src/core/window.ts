/** The piece of a conversation's history that is held: ordered by `seq`, each `_id` once. */
import { further } from './state';
import type { Message } from './wire';

/** `a` and `b` are the same message: what is known of it from either. */
function join(a: Message, b: Message): Message {
  const status = further(a.status, b.status);
  const newer = status === b.status ? b : a;
  const clientId = a.clientId ?? b.clientId;
  return { ...newer, status, ...(clientId !== undefined && { clientId }) };
}

/** Both lists as one, ordered, without doubles. */
export function merge(held: Message[], incoming: Message[]): Message[] {
  if (incoming.length === 0) return held;
  const last = held[held.length - 1];
  const first = incoming[0]!;
  if (incoming.length === 1 && (!last || first.seq > last.seq)) return [...held, first];
  const byId = new Map(held.map((message) => [message._id, message]));
  for (const message of incoming) {
    const known = byId.get(message._id);
    byId.set(message._id, known ? join(known, message) : message);
  }
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}

/** Adds what arrived live or by a sync. What is older than the piece that is held belongs to pages not asked for yet. */
export function mergeArrivals(held: Message[], incoming: Message[]): Message[] {
  const floor = held[0]?.seq ?? 0;
  return merge(held, incoming.filter((message) => message.seq >= floor));
}

/**
 * Adds the newest page. Of what is held remains what follows from it without a gap: before the first page came, single
 * messages may have been pushed.
 */
export function mergeLatest(held: Message[], page: Message[]): Message[] {
  const first = page[0];
  if (!first) return held;
  const all = merge(held, page);
  let start = all.findIndex((message) => message._id === first._id);
  while (start > 0 && all[start - 1]!.seq === all[start]!.seq - 1) start -= 1;
  return all.slice(start);
}

/** True when a message between two others is missing. */
export function hasGap(held: Message[]): boolean {
  return held.some((message, index) => index > 0 && message.seq !== held[index - 1]!.seq + 1);
}
