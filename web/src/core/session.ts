/** A login on this browser, shared by its tabs, and when its tokens have to be changed. */
import type { User } from './wire';

export interface Session {
  user: User;
  accessToken: string;
  refreshToken: string;
  /** When the access token came, and when it ends, both by this machine's clock. */
  since: number;
  until: number;
}

/** The token's life in milliseconds, as it says itself; the clocks of server and browser may differ. */
export function lifetime(token: string): number {
  try {
    const text = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const { iat, exp } = JSON.parse(atob(text));
    const seconds = exp - iat;
    return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 60_000;
  } catch {
    return 60_000;
  }
}

export function makeSession(user: User, tokens: { accessToken: string; refreshToken: string }, now: number): Session {
  const { accessToken, refreshToken } = tokens;
  return { user, accessToken, refreshToken, since: now, until: now + lifetime(accessToken) };
}

/** When a fresh token should be asked for: with a fifth of its life left, but at most two minutes before its end. */
export function refreshAt({ since, until }: Session): number {
  return until - Math.min((until - since) / 5, 120_000);
}

export function isFresh(session: Session, now: number): boolean {
  return now < refreshAt(session) && now >= session.since - 60_000;
}

/** What was stored, if it is a session. */
export function parseSession(text: string | null): Session | null {
  if (!text) return null;
  try {
    const it = JSON.parse(text);
    const isWhole = typeof it.accessToken === 'string' && typeof it.refreshToken === 'string' &&
      typeof it.since === 'number' && typeof it.until === 'number' && typeof it.user?._id === 'string';
    return isWhole ? it : null;
  } catch {
    return null;
  }
}
