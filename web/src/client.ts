/** One login at work: news become actions of the core, and what the core wants done is done. */
import { reduce, type Action } from './core/reduce';
import { broken, isPassing, newlyBroken, strangers, toRead } from './core/select';
import type { Session } from './core/session';
import { emptyState, type State } from './core/state';
import type { Conversation, Message, User } from './core/wire';
import { Account } from './transport/account';
import { forget, keepPending, keptPending } from './transport/keeping';
import { Live, type Hears } from './transport/live';
import { Outbox } from './transport/outbox';
import { Pauses } from './transport/pauses';
import { Problem } from './transport/problem';
import { Rest } from './transport/rest';
import { Tokens } from './transport/tokens';

/** Typing is told again after so long, and counts no more when nothing is heard for longer than the server keeps it. */
const typingEvery = 3_000;
const typingLasts = 8_000;
/** So many messages are loaded to begin a conversation at its first unread one. */
const mostAtOnce = 500;

type Page = { messages: Message[]; hasMore: boolean };

export class Client {
  state: State;
  user: User;
  readonly account: Account;
  readonly outbox: Outbox;
  /** What was written and not sent, by conversation, while the page lives and nobody logs out. */
  readonly drafts = new Map<string, string>();
  /** A message of somebody else came, for those who hear instead of see. */
  onNews: (message: Message) => void = () => {};
  onEnd: (isKicked: boolean) => void = () => {};

  private readonly tokens: Tokens;
  private readonly rest: Rest;
  private readonly live: Live;
  private readonly listeners = new Set<() => void>();
  private readonly typingEnds = new Map<string, number>();
  private readonly typingTold = new Map<string, number>();
  private readonly older = new Set<string>();
  private readonly reading = new Set<string>();
  private readonly strangers = new Set<string>();
  /** How far the server has told: what the first list shows, and what came by `sync` since. */
  private cursor: string | null = null;
  private syncing: Promise<boolean> | null = null;
  private arrivals = 0;
  private listing: Promise<void> | null = null;
  private isListWanted = false;
  /** Whose newest page is under way, and whether it is wanted once more. */
  private readonly loading = new Map<string, boolean>();
  private readonly pauses = new Pauses();
  private connections = 0;
  private isClosed = false;

  constructor(session: Session) {
    this.user = session.user;
    this.state = { ...emptyState(session.user._id), pending: keptPending(session.user._id) };
    this.tokens = new Tokens(session);
    this.rest = new Rest(this.tokens);
    this.account = new Account(this.rest);
    this.live = new Live(this.tokens, this.hears(), (isUp) => this.linked(isUp));
    this.outbox = new Outbox({
      state: () => this.state,
      dispatch: (action) => this.dispatch(action),
      ask: (body) => this.live.ask('send_message', body),
      later: (run, ms) => void setTimeout(run, ms),
    });
    this.tokens.onChange = (token) => void this.live.renew(token);
    this.tokens.onEnd = (isKicked) => this.end(isKicked);
  }

  open(): void {
    this.live.open();
    void this.list(true);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // What people do.

  /** The own account may be among them. */
  async search(text: string): Promise<User[]> {
    const { users } = await this.rest.ask<{ users: User[] }>(`/api/users?q=${encodeURIComponent(text)}`);
    return users;
  }

  meet(user: User): void {
    this.dispatch({ type: 'met', user });
    void this.rest.ask<{ online: boolean; lastSeen: number | null }>(`/api/users/${user._id}/last-seen`).then(
      ({ online, lastSeen }) => this.dispatch({ type: 'met', user, online, lastSeen }),
      () => {},
    );
  }

  /** A conversation is shown: its newest page is there, or comes. */
  show(peerId: string): void {
    this.dispatch({ type: 'opened', peerId });
    const { history, conversationId } = this.state.chats[peerId]!;
    if (this.loading.has(peerId)) this.pauses.hurry();
    else if (conversationId && (history === 'none' || history === 'failed')) void this.latest(peerId);
  }

  async showOlder(peerId: string): Promise<void> {
    const chat = this.state.chats[peerId];
    const first = chat?.messages[0];
    if (!chat?.conversationId || !first || !chat.hasOlder || this.older.has(peerId)) return;
    this.older.add(peerId);
    try {
      const query = `before=${first._id}&limit=50`;
      const page = await this.page(chat.conversationId, query);
      this.dispatch({ type: 'historyCame', peerId, ...page, page: 'older' });
    } catch {
      // The next look up the list asks again.
    } finally {
      this.older.delete(peerId);
    }
  }

  isLoadingOlder(peerId: string): boolean {
    return this.older.has(peerId);
  }

  showMore(): void {
    if (this.state.list.cursor) void this.list(false);
  }

  send(peerId: string, text: string): void {
    if (text.trim()) this.typingTold.delete(peerId);
    this.outbox.send(peerId, text);
  }

  typing(peerId: string, text: string): void {
    const told = this.typingTold.get(peerId) ?? 0;
    if (!text.trim()) {
      if (told) this.live.tell('stop_typing', { receiverId: peerId });
      this.typingTold.delete(peerId);
    } else if (Date.now() - told > typingEvery) {
      this.live.tell('typing', { receiverId: peerId });
      this.typingTold.set(peerId, Date.now());
    }
  }

  /** Somebody looks at the end of this conversation. */
  async look(peerId: string): Promise<void> {
    const chat = this.state.chats[peerId];
    const message = chat && toRead(chat);
    if (!message || this.state.link !== 'online' || this.reading.has(message._id)) return;
    this.reading.add(message._id);
    try {
      await this.live.ask('message_read', { messageId: message._id });
      this.dispatch({ type: 'readHere', peerId, seq: message.seq });
    } catch {
      // Not told: the next look tells it.
    } finally {
      this.reading.delete(message._id);
    }
  }

  renamed({ _id, username, name, avatar }: User): void {
    this.user = { _id, username, ...(name && { name }), ...(avatar && { avatar }) };
    void this.tokens.renamed(this.user);
    for (const listener of this.listeners) listener();
  }

  async logout(): Promise<void> {
    this.close();
    forget(this.user._id);
    await this.tokens.logout();
    this.onEnd(false);
  }

  close(): void {
    this.isClosed = true;
    this.pauses.hurry();
    this.live.close();
    this.tokens.close();
    this.listeners.clear();
  }

  // What the server tells.

  private hears(): Hears {
    return {
      receive_message: (message, acknowledge) => {
        this.arrive(message);
        acknowledge?.({});
      },
      conversation_updated: (news) => this.dispatch({ type: 'conversationUpdated', ...news }),
      message_delivered: (news) => this.dispatch({ type: 'delivered', ...news }),
      message_read: (news) => this.dispatch({ type: 'read', ...news }),
      typing: ({ userId }) => this.heardTyping(userId, true),
      stop_typing: ({ userId }) => this.heardTyping(userId, false),
      user_online: ({ userId }) => this.dispatch({ type: 'presence', userId, online: true }),
      user_offline: ({ userId, lastSeen }) => this.dispatch({ type: 'presence', userId, online: false, lastSeen }),
    };
  }

  private arrive(message: Message): void {
    const isNew = message.sender !== this.user._id && !this.holds(message);
    this.dispatch({ type: 'arrived', messages: [message] });
    if (isNew) this.onNews(message);
    // The cursor is moved from time to time, so that a comeback does not repeat a long day.
    this.arrivals += 1;
    if (this.arrivals % 200 === 0) void this.catchUp();
  }

  private holds(message: Message): boolean {
    return this.state.chats[message.sender]?.messages.some((each) => each._id === message._id) ?? false;
  }

  private heardTyping(userId: string, isTyping: boolean): void {
    clearTimeout(this.typingEnds.get(userId));
    if (isTyping) this.typingEnds.set(userId, window.setTimeout(() => this.heardTyping(userId, false), typingLasts));
    this.dispatch({ type: 'typing', userId, isTyping });
  }

  private linked(isUp: boolean): void {
    if (this.isClosed) return;
    this.dispatch({ type: 'linked', link: isUp ? 'online' : 'offline' });
    this.pauses.hurry();
    if (isUp) void this.comeBack();
  }

  /** After each connect: what was missed, presence, and histories that have a gap. */
  private async comeBack(): Promise<void> {
    const isFirst = this.connections === 0;
    this.connections += 1;
    // At first the list is under way already.
    if (!isFirst) void Promise.all([this.list(true), this.lookAround()]);
    const isWhole = await this.catchUp();
    if (this.isClosed || this.state.link !== 'online') return;
    if (!isWhole) void this.list(true);
    await Promise.all((isWhole ? broken(this.state) : this.shown()).map((peerId) => this.latest(peerId)));
  }

  /** Whose histories are there, or should be. */
  private shown(): string[] {
    return Object.values(this.state.chats).filter(({ history }) => history === 'loaded' || history === 'failed').map(({ peerId }) => peerId);
  }

  private catchUp(): Promise<boolean> {
    this.syncing ??= this.sync().finally(() => (this.syncing = null));
    return this.syncing;
  }

  /**
   * Brings all since the cursor, and is asked again while that can help. False when it could not: the list and the pages of
   * history have to bring what there is.
   */
  private async sync(): Promise<boolean> {
    for (let tries = 0; ; tries += 1) {
      if (this.cursor === null) await (this.listing ?? this.list(true));
      if (this.cursor === null) return false;
      try {
        await this.syncPages(this.cursor);
        return true;
      } catch (problem) {
        const code = codeOf(problem);
        // A cursor of another database, say: the list has one of this.
        if (code === 'bad_request') this.cursor = null;
        else if (!isPassing(code)) return false;
      }
      // Without a connection: the next one asks.
      if (this.state.link === 'online') await this.pauses.after(tries);
      if (this.isClosed || this.state.link !== 'online') return false;
    }
  }

  private async syncPages(since: string): Promise<void> {
    for (let cursor = since; ; ) {
      const page = await this.live.sync(cursor);
      this.dispatch({ type: 'synced', ...page });
      this.cursor = cursor = page.cursor;
      if (!page.hasMore) return;
    }
  }

  /** Asked for while it is under way, it is asked for once more: that answer may be older than the reason. */
  private list(isFirstPage: boolean): Promise<void> {
    if (this.listing) this.isListWanted ||= isFirstPage;
    this.listing ??= this.listPages(isFirstPage).finally(() => (this.listing = null));
    return this.listing;
  }

  private async listPages(isFirstPage: boolean): Promise<void> {
    await this.listPage(isFirstPage);
    while (this.isListWanted && !this.isClosed) {
      this.isListWanted = false;
      await this.listPage(true);
    }
  }

  /** Until it is there, while trying can help. */
  private async listPage(isFirstPage: boolean): Promise<void> {
    for (let tries = 0; !this.isClosed; tries += 1) {
      try {
        const { cursor } = this.state.list;
        const query = isFirstPage || !cursor ? 'limit=30' : `limit=30&cursor=${encodeURIComponent(cursor)}`;
        type Rows = { conversations: Conversation[]; nextCursor?: string | null; syncCursor?: string };
        const page = await this.rest.ask<Rows>(`/api/conversations/list?${query}`);
        this.dispatch({ type: 'listed', conversations: page.conversations, cursor: page.nextCursor ?? null, isFirstPage });
        if (this.cursor === null && page.syncCursor) this.begin(page.syncCursor);
        return;
      } catch (problem) {
        if (isPassing(codeOf(problem))) {
          await this.pauses.after(tries);
          continue;
        }
        // Whoever was to be named by it is asked for again.
        this.strangers.clear();
        return;
      }
    }
  }

  /** Goes on from where a list stands. Histories that were loaded before it are not told of what came in between. */
  private begin(cursor: string): void {
    this.cursor = cursor;
    for (const peerId of this.shown()) void this.latest(peerId);
  }

  /** Who came and went meanwhile, also of those whom the list's first page does not show. */
  private async lookAround(): Promise<void> {
    const ids = Object.keys(this.state.people).slice(0, 500);
    if (ids.length === 0) return;
    type Found = { userId: string; online: boolean; lastSeen: number | null };
    try {
      const { users } = await this.rest.ask<{ users: Found[] }>('/api/users/status', { body: { ids } });
      for (const { userId, online, lastSeen } of users) {
        this.dispatch({ type: 'presence', userId, online, ...(lastSeen !== null && { lastSeen }) });
      }
    } catch {
      // The next connect asks again.
    }
  }

  /** The newest page of a history; asked for again while trying can help. */
  private async latest(peerId: string): Promise<void> {
    const conversationId = this.state.chats[peerId]?.conversationId;
    if (!conversationId) return;
    // One that is under way may be answered without what is missing.
    if (this.loading.has(peerId)) return void this.loading.set(peerId, true);
    this.loading.set(peerId, true);
    for (let tries = 0; this.loading.get(peerId) && !this.isClosed; tries += 1) {
      this.loading.set(peerId, false);
      this.dispatch({ type: 'historyAsked', peerId });
      try {
        const page = await this.newest(peerId, conversationId);
        this.dispatch({ type: 'historyCame', peerId, ...page, page: 'latest' });
      } catch (problem) {
        this.dispatch({ type: 'historyFailed', peerId });
        if (!isPassing(codeOf(problem))) break;
        this.loading.set(peerId, true);
        await this.pauses.after(tries);
      }
    }
    this.loading.delete(peerId);
  }

  /** The newest page, and those before it until it has the first unread message; there is an end to that, too. */
  private async newest(peerId: string, conversationId: string): Promise<Page> {
    const unread = this.state.chats[peerId]!.unread;
    let { messages, hasMore } = await this.page(conversationId, unread > 30 ? 'limit=100' : 'limit=40');
    const isEnough = () => messages.filter(({ sender }) => sender === peerId).length >= unread || messages.length >= mostAtOnce;
    while (hasMore && !isEnough()) {
      const older = await this.page(conversationId, `before=${messages[0]!._id}&limit=100`);
      messages = [...older.messages, ...messages];
      hasMore = older.hasMore;
    }
    return { messages, hasMore };
  }

  /** The list names whoever wrote for the first time; each is asked for once. */
  private askForStrangers(): void {
    const unknown = strangers(this.state).filter((id) => !this.strangers.has(id));
    if (unknown.length === 0) return;
    for (const id of unknown) this.strangers.add(id);
    void this.list(true);
  }

  private page(conversationId: string, query: string): Promise<Page> {
    return this.rest.ask(`/api/conversations/${conversationId}/messages?${query}`);
  }

  // What the core wants done.

  private dispatch(action: Action): void {
    if (this.isClosed) return;
    const before = this.state;
    this.state = reduce(before, action);
    if (this.state === before) return;
    if (this.state.pending !== before.pending) keepPending(this.user._id, before.pending, this.state.pending);
    this.outbox.go();
    if (this.state.chats !== before.chats) {
      this.askForStrangers();
      // What is missing before a message that came: the sync that should have brought it was refused, or is to come.
      if (action.type !== 'historyCame') for (const peerId of newlyBroken(before, this.state)) void this.latest(peerId);
    }
    for (const listener of this.listeners) listener();
  }

  private end(isKicked: boolean): void {
    if (this.isClosed) return;
    this.close();
    if (!isKicked) forget(this.user._id);
    this.onEnd(isKicked);
  }
}

function codeOf(problem: unknown): string {
  return problem instanceof Problem ? problem.code : 'network';
}
