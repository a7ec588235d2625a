/** The Socket.IO connection: kept up, admitted with a good token, and nothing else. */
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

import type { Answer, Conversation, Message, Receipt, SyncPage } from '../core/wire';
import { Problem } from './problem';
import type { Tokens } from './tokens';

export interface Hears {
  receive_message(message: Message, acknowledge?: (answer: object) => void): void;
  conversation_updated(news: { conversationId: string; lastMessage: Message; unreadCount: number }): void;
  message_delivered(news: { conversationId: string; seq: number }): void;
  message_read(news: { conversationId: string; seq: number; readerId: string }): void;
  typing(news: { userId: string }): void;
  stop_typing(news: { userId: string }): void;
  user_online(news: { userId: string }): void;
  user_offline(news: { userId: string; lastSeen: number }): void;
}

export type Synced = { messages: Message[]; receipts: Receipt[]; conversations: Conversation[] };

const patience = 10_000;
/** What the server says to a token that it does not take; other refusals have nothing to do with it. */
const tokenRefusals = ['Auth failed', 'Token missing'];

export class Live {
  private readonly socket: Socket;
  private token = '';
  private retry = 0;

  constructor(private readonly tokens: Tokens, hears: Hears, private readonly onLink: (isUp: boolean) => void) {
    const options: Partial<ManagerOptions & SocketOptions> = {
      autoConnect: false,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      auth: (give: (auth: object) => void) => this.admit(give),
    };
    this.socket = io(options);
    for (const [event, listener] of Object.entries(hears)) this.socket.on(event, listener as () => void);
    this.socket.on('connect', () => this.onLink(true));
    this.socket.on('disconnect', (reason) => this.onDown(reason));
    this.socket.on('connect_error', (error) => this.onRefused(error.message));
    window.addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
  }

  open(): void {
    this.socket.connect();
  }

  close(): void {
    clearTimeout(this.retry);
    window.removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    this.socket.off();
    this.socket.disconnect();
  }

  /** Asks and gives the answer; a Problem when it is refused or does not come in time. */
  async ask<T extends object = object>(event: string, body: object): Promise<T> {
    if (!this.socket.connected) throw Problem.network;
    let answer: Answer<T>;
    try {
      answer = await this.socket.timeout(patience).emitWithAck(event, body);
    } catch {
      throw Problem.network;
    }
    if (!answer.ok) throw Problem.of(answer.error);
    return answer;
  }

  /** Tells what nobody has to answer; dropped while there is no connection. */
  tell(event: string, body: object): void {
    if (this.socket.connected) this.socket.volatile.emit(event, body);
  }

  sync(since: string): Promise<SyncPage> {
    return this.ask<SyncPage>('sync', { since, limit: 500 });
  }

  /** The connection goes on with a fresh token. */
  async renew(token: string): Promise<void> {
    this.token = token;
    if (!this.socket.connected) return;
    await this.ask('auth_refresh', { token }).catch(() => {});
  }

  private admit(give: (auth: object) => void): void {
    this.tokens.fresh(undefined).then(
      (token) => {
        this.token = token;
        give({ token, acks: true });
      },
      // The server says no, and onRefused tries again.
      () => give({ token: '', acks: true }),
    );
  }

  private onDown(reason: string): void {
    this.onLink(false);
    // Sent away by the server: the token ended, the login ended, or the server is going. The client does not come back by itself.
    if (reason === 'io server disconnect') this.again(300);
  }

  private onRefused(reason: string): void {
    this.onLink(false);
    if (this.socket.active) return;  // It tries again by itself.
    if (!tokenRefusals.includes(reason)) return this.again(5_000);
    const refused = this.token;
    this.tokens.fresh(refused).then(() => this.again(100), () => this.again(3_000));
  }

  private again(ms: number): void {
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.socket.connect(), ms + Math.random() * ms);
  }

  /** The network is back, or somebody looks: no reason to wait for the next try. */
  private hurry = (): void => {
    if (this.socket.connected || document.visibilityState === 'hidden' || !navigator.onLine) return;
    this.socket.disconnect().connect();
  };
}
