import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { reduce, type Action } from '../core/reduce';
import { emptyState } from '../core/state';
import { bob, cat, me, mine } from '../core/testing';
import type { Message } from '../core/wire';
import { Outbox } from './outbox';
import { Problem } from './problem';

interface Asked {
  content: string;
  clientId: string;
  answer(message?: Message): Promise<void>;
  refuse(code: string, fields?: { field: string; message: string }[]): Promise<void>;
}

/** An outbox whose server is the test, and whose timers it ends. */
class Place {
  state = emptyState(me);
  readonly asked: Asked[] = [];
  readonly timers: { run: () => void; ms: number }[] = [];
  readonly outbox = new Outbox({
    state: () => this.state,
    dispatch: (action) => this.dispatch(action),
    ask: ({ content, clientId }) => new Promise((resolve, reject) => {
      // What waits for the answer has run when the next turn comes.
      const turn = () => new Promise<void>((done) => setTimeout(done, 0));
      this.asked.push({
        content, clientId,
        answer: (message = mine(1, { clientId, content })) => (resolve({ message }), turn()),
        refuse: (code, fields = []) => (reject(new Problem(code, 'no', 0, fields)), turn()),
      });
    }),
    later: (run, ms) => this.timers.push({ run, ms }),
  });

  constructor() {
    this.link('online');
  }
  dispatch(action: Action): void {
    this.state = reduce(this.state, action);
    this.outbox.go();
  }
  link(link: 'online' | 'offline'): void {
    this.dispatch({ type: 'linked', link });
  }
  get states(): string[] {
    return this.state.pending.map((each) => each.state);
  }
}

describe('the outbox', () => {
  test('sends to each person one message after the other', async () => {
    const place = new Place();
    for (const [peer, text] of [[bob, 'one'], [bob, ' two '], [cat, 'three'], [bob, '  ']] as const) place.outbox.send(peer, text);
    assert.deepEqual(place.asked.map(({ content }) => content), ['one', 'three']);
    await place.asked[0]!.answer();
    assert.deepEqual(place.asked.map(({ content }) => content), ['one', 'three', 'two']);
    assert.deepEqual(place.states, ['sending', 'sending']);
  });

  test('tries again what may help, later each time, and gives up what does not', async () => {
    const place = new Place();
    place.outbox.send(bob, 'one');
    await place.asked[0]!.refuse('overloaded');
    assert.deepEqual([place.states, place.timers[0]!.ms], [['sending'], 2_000]);
    place.timers[0]!.run();
    await place.asked[1]!.refuse('timeout');
    assert.equal(place.timers[1]!.ms, 4_000);
    place.timers[1]!.run();
    await place.asked[2]!.refuse('bad_request', [{ field: 'content', message: 'is too long' }]);
    assert.equal(place.state.pending[0]!.reason, 'The message is too long');
    place.outbox.retry(place.asked[0]!.clientId);
    await place.asked[3]!.answer();
    assert.deepEqual(place.states, []);
    assert.equal(new Set(place.asked.map(({ clientId }) => clientId)).size, 1);
  });

  test('does not send a message twice at once when the pause of an earlier try ends', async () => {
    const place = new Place();
    place.outbox.send(bob, 'one');
    place.link('offline');
    await place.asked[0]!.refuse('network');
    place.link('online');
    assert.equal(place.asked.length, 2, 'the second try');
    for (const { run } of place.timers) run();
    assert.deepEqual([place.asked.length, place.states], [2, ['sending']]);
  });

  test('leaves a message alone that has failed when the pause of an earlier try ends', async () => {
    const place = new Place();
    place.outbox.send(bob, 'one');
    await place.asked[0]!.refuse('timeout');
    place.link('offline');
    place.link('online');
    await place.asked[1]!.refuse('bad_request');
    for (const { run } of place.timers) run();
    assert.deepEqual([place.asked.length, place.states], [2, ['failed']]);
  });

  test('takes no refusal of an earlier try for one of the present try, but an answer', async () => {
    const place = new Place();
    place.outbox.send(bob, 'one');
    place.link('offline');
    place.link('online');
    await place.asked[0]!.refuse('closed');
    assert.deepEqual([place.timers.length, place.states], [0, ['sending']]);
    place.link('offline');
    place.link('online');
    await place.asked[1]!.answer();
    assert.deepEqual(place.states, []);
    await place.asked[2]!.refuse('closed');
    assert.deepEqual([place.timers.length, place.states], [0, []]);
  });

  test('forgets a message that is discarded while it waits for another try', async () => {
    const place = new Place();
    place.outbox.send(bob, 'one');
    await place.asked[0]!.refuse('timeout');
    place.outbox.discard(place.asked[0]!.clientId);
    place.timers[0]!.run();
    assert.deepEqual([place.asked.length, place.states], [1, []]);
  });
});
