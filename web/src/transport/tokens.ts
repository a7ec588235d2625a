/**
 * The login that this browser's tabs share. A refresh token works once, and a second use ends the whole
 * login: so one tab at a time changes it, and the others take what it stored.
 */
import { isFresh, makeSession, parseSession, refreshAt, type Session } from '../core/session';
import type { User } from '../core/wire';
import { ask } from './call';
import { exclusively } from './lock';
import { Problem } from './problem';
import { vaultRead, vaultWrite } from './vault';

const key = 'parley.session';
const lock = 'parley.refresh';
type Pair = { accessToken: string; refreshToken: string };

/** In both places: the one that is right, and the one that is read at once and tells the other tabs. */
async function keep(session: Session | null): Promise<void> {
  await vaultWrite(session);
  if (session) localStorage.setItem(key, JSON.stringify(session));
  else localStorage.removeItem(key);
}

/** The login as the tab that changed it last has left it. Only with the lock held. */
async function current(): Promise<Session | null> {
  return (await vaultRead()) ?? Tokens.stored();
}

export class Tokens {
  /** Another access token is good now, whichever tab got it. */
  onChange: (token: string) => void = () => {};
  /** The login is over, here or in another tab; or it is another one. */
  onEnd: (isKicked: boolean) => void = () => {};

  private timer = 0;
  private isOver = false;
  private last: Session;
  private asking: Promise<string> | null = null;

  constructor(session: Session) {
    this.last = session;
    window.addEventListener('storage', this.onStorage);
    this.plan();
  }

  static stored(): Session | null {
    return parseSession(localStorage.getItem(key));
  }

  static async login(email: string, password: string): Promise<Session> {
    const answer = await ask<Pair & { user: User }>('/api/auth/login', { body: { email, password } });
    const session = makeSession(answer.user, answer, Date.now());
    await keep(session);
    return session;
  }

  /** A token that is good; `stale` is one that was refused. */
  async fresh(stale?: string): Promise<string> {
    const held = this.last;
    if (held.accessToken !== stale && isFresh(held, Date.now())) return held.accessToken;
    this.asking ??= this.refresh(stale).finally(() => (this.asking = null));
    return this.asking.catch((problem) => {
      // What is held is good for a while yet, if only the network is away.
      if (held.accessToken === stale || Date.now() >= held.until || this.isOver) throw problem;
      return held.accessToken;
    });
  }

  /** The own name or picture is another one now; the next page shows it from the start. */
  async renamed(user: User): Promise<void> {
    await exclusively(lock, async () => {
      const held = await current();
      if (held?.user._id === user._id) await keep({ ...held, user });
    });
  }

  async logout(): Promise<void> {
    this.close();
    const held = await exclusively(lock, async () => {
      const last = await current();
      await keep(null);
      return last;
    });
    // Whoever leaves does not wait for the server.
    if (held) void ask('/api/auth/logout', { body: { refreshToken: held.refreshToken } }).catch(() => {});
  }

  close(): void {
    this.isOver = true;
    window.removeEventListener('storage', this.onStorage);
    clearTimeout(this.timer);
  }

  private async refresh(stale?: string): Promise<string> {
    try {
      const token = await exclusively(lock, () => this.change(stale));
      this.plan();
      return token;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) await this.end(true);
      else this.plan(5_000);
      throw problem;
    }
  }

  /** With the lock held: what another tab has changed meanwhile is as good. */
  private async change(stale?: string): Promise<string> {
    const held = await current();
    if (!held || held.user._id !== this.last.user._id) throw new Problem('unauthorized', 'Logged out', 401);
    if (held.accessToken !== stale && isFresh(held, Date.now())) {
      this.take(held);
      return held.accessToken;
    }
    const pair = await ask<Pair>('/api/auth/refresh', { body: { refreshToken: held.refreshToken } });
    const session = makeSession(held.user, pair, Date.now());
    await keep(session);
    this.take(session);
    return session.accessToken;
  }

  private take(session: Session): void {
    if (session.accessToken === this.last.accessToken) return;
    this.last = session;
    this.onChange(session.accessToken);
  }

  /** Changes the token before it ends, so that nobody waits for it. */
  private plan(least = 0): void {
    clearTimeout(this.timer);
    if (this.isOver) return;
    const wait = Math.max(refreshAt(this.last) - Date.now(), least, 0);
    this.timer = window.setTimeout(() => void this.fresh().catch(() => {}), Math.min(wait, 2 ** 31 - 1));
  }

  private async end(isKicked: boolean): Promise<void> {
    this.close();
    if (isKicked && Tokens.stored()?.user._id === this.last.user._id) await keep(null);
    this.onEnd(isKicked);
  }

  private onStorage = (event: StorageEvent): void => {
    if (event.key !== key && event.key !== null) return;
    const session = Tokens.stored();
    if (!session || session.user._id !== this.last.user._id) return void this.end(false);
    if (session.accessToken === this.last.accessToken) return;
    this.take(session);
    this.plan();
  };
}
