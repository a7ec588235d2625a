/** People who register, log in, refresh and log out while the machine runs, and what of it must be known afterwards. */
import assert from 'node:assert/strict';

import { login, person } from '../lib/people.js';
import { Rest } from '../lib/rest.js';
import { inParallel, pause } from '../lib/wait.js';
import { now } from '../recovery/record.js';

/** Asks; gives the body of an answer that must have that status. */
async function ask(server, path, json, status) {
  const answer = await new Rest(server.url).post(`/api/auth/${path}`, json);
  assert.equal(answer.status, status, answer.text);
  return answer.body;
}

/** What somebody does, in this order; the last two by some only. Each gives the refresh token that is good then. */
const steps = {
  registered: async (one, server) => void Object.assign(one, await person(server, 'account')),
  loggedIn: async (one, server) => (await login(server, one)).refreshToken,
  refreshed: async (one, server, refreshToken) => (await ask(server, 'refresh', { refreshToken }, 200)).refreshToken,
  loggedOut: async (one, server, refreshToken) => (await ask(server, 'logout', { refreshToken }, 204), refreshToken),
};

export class Logins {
  people = [];

  constructor(server, random) {
    Object.assign(this, { server, random });
  }

  /** Goes on until `stopped()`, except while `isResting`. Whoever gets no answer has no further steps. */
  async run(stopped) {
    while (!stopped()) {
      await pause(50);
      if (this.isResting) continue;
      const one = { taken: [] };
      this.people.push(one);
      await this.live(one).catch(() => {});
    }
  }

  async live(one) {
    let token;
    for (const [name, take] of Object.entries(steps)) {
      if ((name === 'refreshed' || name === 'loggedOut') && this.random.chance(0.4)) continue;
      const step = { name, began: now(), at: Infinity, old: token };
      one.taken.push(step);
      token = await take(one, this.server, token);
      Object.assign(step, { at: now(), token });
    }
  }

  /** What a server does not know that was told until `moment`, as sentences. It has seen no other people since. */
  async missingOn(server, moment) {
    return (await inParallel(this.people.length, 4, (index) => missing(this.people[index], server, moment))).flat();
  }
}

/** The last step that was over by then, where the next one had not begun; everything before it is certain, too. */
async function missing(one, server, moment) {
  const over = one.taken.filter(({ at }) => at <= moment);
  if (over.length === 0) return [];
  const found = [];
  const isInBetween = one.taken.some(({ began, at }) => began <= moment && at > moment);
  const { name, token, old } = over.at(-1);
  const expect = (status, what, path, json) => ask(server, path, json, status).catch((error) => found.push(`${what} of ${one.username}: ${error.message}`));
  if (name === 'loggedOut') await expect(401, 'the token of an ended login', 'refresh', { refreshToken: token });
  else if (name !== 'registered' && !isInBetween) await expect(200, 'the refresh token', 'refresh', { refreshToken: token });
  if (name === 'refreshed') await expect(401, 'a refresh token that was used', 'refresh', { refreshToken: old });
  await expect(200, 'the account', 'login', { email: one.email, password: one.password });
  return found;
}
