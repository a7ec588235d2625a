/** Times and texts as people read them; `now` is an argument, and so is the language. */

const minute = 60_000;
const day = 24 * 60 * minute;

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Whole calendar days between two moments. */
function daysBetween(earlier: number, later: number): number {
  return Math.round((midnight(later) - midnight(earlier)) / day);
}

export function clock(at: number, language?: string): string {
  return new Date(at).toLocaleTimeString(language, { timeStyle: 'short' });
}

/** "Today", "Yesterday", "Monday", "3 May 2025". */
export function dayLabel(at: number, now: number, language?: string): string {
  const days = daysBetween(at, now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days < 7) return new Date(at).toLocaleDateString(language, { weekday: 'long' });
  return new Date(at).toLocaleDateString(language, { day: 'numeric', month: 'long', year: 'numeric' });
}

/** For the list: a clock time today, else a day. */
export function shortTime(at: number, now: number, language?: string): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clock(at, language);
  if (days === 1) return 'Yesterday';
  if (days < 7) return new Date(at).toLocaleDateString(language, { weekday: 'short' });
  return new Date(at).toLocaleDateString(language, { day: 'numeric', month: 'short' });
}

export function presenceLabel(online: boolean, lastSeen: number | null, now: number, language?: string): string {
  if (online) return 'online';
  if (lastSeen === null) return 'offline';
  const minutes = Math.floor((now - lastSeen) / minute);
  if (minutes < 1) return 'last seen just now';
  if (minutes < 60) return `last seen ${minutes} min ago`;
  const days = daysBetween(lastSeen, now);
  if (days === 0) return `last seen today at ${clock(lastSeen, language)}`;
  if (days === 1) return `last seen yesterday at ${clock(lastSeen, language)}`;
  return `last seen ${new Date(lastSeen).toLocaleDateString(language, { day: 'numeric', month: 'short' })}`;
}

/** Up to two letters that stand for somebody without a picture. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/u).filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words[words.length - 1]!] : words;
  return letters.map((word) => [...word][0]!.toLocaleUpperCase()).join('') || '?';
}

/** One of `count` colours, always the same for an id. */
export function hue(id: string, count: number): number {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.charCodeAt(0)) % 65_521;
  return sum % count;
}

export type Piece = { text: string; url?: string };

/** A text in pieces, of which some are addresses of web pages. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/giu)) {
    const url = match[0].replace(/[.,;:!?'")\]]+$/u, '');
    const at = match.index!;
    if (at > from) pieces.push({ text: text.slice(from, at) });
    pieces.push({ text: url, url });
    from = at + url.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}
