/** One REST call: gives the answer's body, or throws a Problem. */
import { Problem } from './problem';

export interface Call {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: object;
}

/** A call that hangs is given up: a refresh keeps the other tabs waiting, and less long than their lease lasts (lock.ts). */
const patience = 20_000;

/** A call as nobody, or with a token. */
export async function ask<T>(path: string, { method, body }: Call = {}, token?: string): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body) headers['content-type'] = 'application/json';
  if (token) headers.authorization = `Bearer ${token}`;
  let answer: Response;
  let text: string;
  try {
    const init: RequestInit = {
      method: method ?? (body ? 'POST' : 'GET'), headers, cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(patience),
    };
    if (body) init.body = JSON.stringify(body);
    answer = await fetch(path, init);
    text = await answer.text();
  } catch {
    throw Problem.network;
  }
  return read<T>(answer, text);
}

function read<T>(answer: Response, text: string): T {
  let json: any;
  try {
    json = text ? JSON.parse(text) : {};
  } catch {
    json = null;
  }
  if (answer.ok && json) return json;
  // What is between us and the server may answer with pages of its own.
  if (!json?.code) throw new Problem('unavailable', 'The server does not answer as it should.', answer.status);
  if (answer.status === 429) {
    const wait = Number(answer.headers.get('retry-after'));
    const when = wait > 0 ? ` Try again in ${wait} seconds.` : '';
    throw new Problem(json.code, `Too many attempts.${when}`, 429);
  }
  throw Problem.of(json, answer.status);
}
