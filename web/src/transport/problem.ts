/** A call that was refused, or had no answer. `code` is the server's, or `network`. */
import type { WireError } from '../core/wire';

export class Problem extends Error {
  constructor(readonly code: string, message: string, readonly status = 0, readonly fields: WireError['errors'] = []) {
    super(message);
  }

  static of(error: WireError, status = 0): Problem {
    return new Problem(error.code, error.message, status, error.errors ?? []);
  }

  static get network(): Problem {
    return new Problem('network', 'The server cannot be reached. Check your connection and try again.');
  }
}
