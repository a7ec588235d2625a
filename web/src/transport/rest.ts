/** REST calls as somebody who has logged in. */
import { ask, type Call } from './call';
import { Problem } from './problem';
import type { Tokens } from './tokens';

/** A token that is not good any more is changed once. */
export class Rest {
  constructor(private readonly tokens: Tokens) {}

  async ask<T>(path: string, call: Call = {}): Promise<T> {
    const token = await this.tokens.fresh();
    try {
      return await ask<T>(path, call, token);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
      return ask<T>(path, call, await this.tokens.fresh(token));
    }
  }
}
