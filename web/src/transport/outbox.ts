/** Own messages on their way: one after the other for each person, each tried again while that can help. */
import type { Action } from '../core/reduce';
import { isPassing, nextToSend } from '../core/select';
import type { Pending, State } from '../core/state';
import type { Message } from '../core/wire';
import { Problem } from './problem';

const firstPause = 1_000;
const longestPause = 15_000;

/** What it works with. */
export interface Desk {
  state(): State;
  dispatch(action: Action): void;
  /** Gives the stored message, or throws. */
  ask(body: { receiverId: string; content: string; clientId: string }): Promise<{ message: Message }>;
  later(run: () => void, ms: number): void;
}

export class Outbox {
  private pause = firstPause;
  private tries = 0;
  /** The latest try of each message that was not answered: what is heard of earlier ones counts no more. */
  private readonly latest = new Map<string, number>();

  constructor(private readonly desk: Desk) {}

  send(peerId: string, text: string): void {
    const content = text.trim();
    if (!content) return;
    const pending: Pending = { clientId: randomId(), peerId, content, createdAt: Date.now(), state: 'waiting' };
    this.desk.dispatch({ type: 'queued', pending });
  }

  retry(clientId: string): void {
    this.desk.dispatch({ type: 'retried', clientId });
  }

  discard(clientId: string): void {
    this.latest.delete(clientId);
    this.desk.dispatch({ type: 'discarded', clientId });
  }

  /** After each change of the state. One: what follows from its own change sends the next. */
  go(): void {
    const [next] = nextToSend(this.desk.state());
    if (next) void this.deliver(next);
  }

  /** Sends one message; the same again does no harm, because the server knows it by its clientId. */
  private async deliver({ clientId, peerId, content }: Pending): Promise<void> {
    this.tries += 1;
    const attempt = this.tries;
    this.latest.set(clientId, attempt);
    this.desk.dispatch({ type: 'sending', clientId });
    try {
      const { message } = await this.desk.ask({ receiverId: peerId, content, clientId });
      this.pause = firstPause;
      this.desk.dispatch({ type: 'arrived', messages: [message] });
      this.discard(clientId);
    } catch (problem) {
      if (this.latest.get(clientId) === attempt) this.refused(clientId, attempt, problem);
    }
  }

  private refused(clientId: string, attempt: number, problem: unknown): void {
    const { code, message, fields } = problem instanceof Problem ? problem : Problem.network;
    const fault = fields?.find((each) => each.field === 'content');
    const reason = fault ? `The message ${fault.message}` : message;
    if (!isPassing(code)) return this.desk.dispatch({ type: 'failed', clientId, reason });
    this.pause = Math.min(this.pause * 2, longestPause);
    this.desk.later(() => {
      if (this.latest.get(clientId) === attempt) this.desk.dispatch({ type: 'deferred', clientId });
    }, this.pause);
  }
}

/** Also where the page is not secure, and crypto.randomUUID is missing. */
function randomId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
