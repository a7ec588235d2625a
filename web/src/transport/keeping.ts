/** What outlives a page of one user: messages that wait to be sent. */
import type { Pending } from '../core/state';

const outbox = (userId: string) => `parley.outbox.${userId}.`;

/** One entry each, so that tabs do not overwrite one another's. */
export function keepPending(userId: string, before: readonly Pending[], after: readonly Pending[]): void {
  const kept = new Set(after.map((pending) => pending.clientId));
  for (const { clientId } of before) {
    if (!kept.has(clientId)) localStorage.removeItem(outbox(userId) + clientId);
  }
  const known = new Map(before.map((pending) => [pending.clientId, pending]));
  for (const pending of after) {
    if (known.get(pending.clientId) === pending) continue;
    try {
      localStorage.setItem(outbox(userId) + pending.clientId, JSON.stringify(pending));
    } catch {
      // The storage is full: it is sent from memory.
    }
  }
}

export function keptPending(userId: string): Pending[] {
  const found: Pending[] = [];
  for (let index = 0; index < localStorage.length; index += 1) {
    const key = localStorage.key(index)!;
    if (!key.startsWith(outbox(userId))) continue;
    const pending = parse(localStorage.getItem(key));
    if (pending) found.push(pending.state === 'sending' ? { ...pending, state: 'waiting' } : pending);
  }
  return found.sort((a, b) => a.createdAt - b.createdAt);
}

function parse(text: string | null): Pending | null {
  try {
    const it = JSON.parse(text ?? '');
    return typeof it.clientId === 'string' && typeof it.peerId === 'string' && typeof it.content === 'string' ? it : null;
  } catch {
    return null;
  }
}

/** After a logout nothing of the user stays in the browser. */
export function forget(userId: string): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(outbox(userId))) localStorage.removeItem(key);
  }
}
