import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { reduce } from './reduce';
import { statusOf } from './state';
import { after, arrive, bob, cat, latest, list, me, mine, older, pending, range, seqs, summary, talk, theirs } from './testing';

const chatOf = (state: ReturnType<typeof after>) => state.chats[bob]!;

describe('messages', () => {
  test('are ordered by seq, whatever the order in which they come', () => {
    assert.deepEqual(seqs(after(latest([theirs(4)]), arrive(theirs(6)), arrive(theirs(5)))), [4, 5, 6]);
  });

  test('that come twice are kept once', () => {
    assert.deepEqual(seqs(after(latest(range(1, 3)), arrive(theirs(3)), arrive(theirs(2)), latest(range(1, 3)))), [1, 2, 3]);
  });

  test('older than what is held wait for their page', () => {
    assert.deepEqual(seqs(after(latest(range(50, 60), true), arrive(theirs(3)))), range(50, 60).map(({ seq }) => seq));
  });

  test('of an older page go before, and say whether there are more', () => {
    const state = after(latest(range(5, 6), true), older(range(3, 4), true));
    assert.deepEqual(seqs(state), [3, 4, 5, 6]);
    assert.equal(chatOf(state).hasOlder, true);
    assert.equal(chatOf(reduce(state, older(range(1, 2), false))).hasOlder, false);
  });

  test('of a newest page beyond a gap replace what was held', () => {
    const state = after(latest(range(1, 5)), latest(range(40, 50), true));
    assert.deepEqual(seqs(state), range(40, 50).map(({ seq }) => seq));
    assert.equal(chatOf(state).hasOlder, true);
  });

  test('that a newest page overlaps keep their older part, and its knowledge of more', () => {
    const state = after(latest(range(1, 5), false), latest(range(5, 8), true));
    assert.deepEqual(seqs(state), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert.equal(chatOf(state).hasOlder, false);
    assert.equal(chatOf(after(arrive(theirs(3), theirs(4)), latest(range(5, 6), true))).hasOlder, true);
  });

  test('that were pushed before the first page, with gaps between them, give way to it', () => {
    const state = after(arrive(theirs(1), theirs(4), theirs(9)), latest(range(6, 9), true));
    assert.deepEqual(seqs(state), [6, 7, 8, 9]);
    assert.equal(chatOf(state).hasOlder, true);
  });

  test('belong to the other person, whoever wrote', () => {
    const state = after(arrive(theirs(1), mine(2), theirs(1, { _id: 'x', sender: cat, conversationId: talk(cat) })));
    assert.deepEqual(seqs(state), [1, 2]);
    assert.deepEqual(seqs(state, cat), [1]);
  });

  test('end the typing of who wrote them', () => {
    const state = after({ type: 'opened', peerId: bob }, { type: 'typing', userId: bob, isTyping: true });
    assert.equal(chatOf(state).isTyping, true);
    assert.equal(chatOf(reduce(state, arrive(theirs(1)))).isTyping, false);
    assert.equal(chatOf(reduce(state, arrive(mine(1)))).isTyping, true);
  });
});

describe('receipts', () => {
  const status = (state: ReturnType<typeof after>, seq: number) =>
    statusOf(chatOf(state).messages.find((message) => message.seq === seq)!, chatOf(state));

  test('cover all earlier messages', () => {
    const state = after(arrive(mine(1), mine(2), mine(3)), { type: 'read', conversationId: talk(bob), seq: 2, readerId: bob });
    assert.deepEqual([1, 2, 3].map((seq) => status(state, seq)), ['read', 'read', 'sent']);
  });

  test('never go back', () => {
    const state = after(
      arrive(mine(1), mine(2)),
      { type: 'read', conversationId: talk(bob), seq: 2, readerId: bob },
      { type: 'delivered', conversationId: talk(bob), seq: 1 },
      { type: 'read', conversationId: talk(bob), seq: 1, readerId: bob },
      arrive(mine(2)),
      latest([mine(1), mine(2)]),
    );
    assert.deepEqual([status(state, 1), status(state, 2)], ['read', 'read']);
  });

  test('come with later messages as well', () => {
    const state = after(arrive(mine(1), mine(2), mine(3, { status: 'read' })));
    assert.equal(status(state, 1), 'read');
  });

  test('of a sync are those of the events', () => {
    const receipts = [{ conversationId: talk(bob), userId: bob, deliveredSeq: 2, readSeq: 1 }];
    const state = after(arrive(mine(1), mine(2), mine(3)), { type: 'synced', messages: [], receipts, conversations: [] });
    assert.deepEqual([1, 2, 3].map((seq) => status(state, seq)), ['read', 'delivered', 'sent']);
  });

  test('of a conversation that nobody knows change nothing', () => {
    const state = after();
    assert.equal(reduce(state, { type: 'delivered', conversationId: talk(bob), seq: 1 }), state);
  });
});

describe('what is unread', () => {
  const update = (seq: number, unreadCount: number) =>
    ({ type: 'conversationUpdated', conversationId: talk(bob), lastMessage: theirs(seq), unreadCount }) as const;

  test('is what the server counts', () => {
    assert.equal(chatOf(after(update(1, 1), update(2, 2))).unread, 2);
  });

  test('does not grow by news that come late', () => {
    assert.equal(chatOf(after(update(3, 3), update(2, 2))).unread, 3);
    assert.equal(chatOf(after(update(2, 2), { type: 'readHere', peerId: bob, seq: 2 }, update(2, 2))).unread, 0);
  });

  test('does not grow by a list that was made before', () => {
    const state = after(list(summary(theirs(2), { unreadCount: 2 })), { type: 'readHere', peerId: bob, seq: 2 });
    assert.equal(chatOf(reduce(state, list(summary(theirs(2), { unreadCount: 2 })))).unread, 0);
    assert.equal(chatOf(reduce(state, list(summary(theirs(3), { unreadCount: 1 })))).unread, 1);
    assert.equal(chatOf(reduce(state, list(summary(theirs(1), { unreadCount: 1 })))).unread, 0);
  });

  test('grows by what is pushed without a count, and is put right by the list', () => {
    const state = after(arrive(theirs(5), theirs(6)));
    assert.equal(chatOf(state).unread, 2);
    assert.equal(chatOf(reduce(state, list(summary(theirs(6), { unreadCount: 4 })))).unread, 4);
    assert.equal(chatOf(reduce(state, arrive(theirs(6), theirs(5), mine(7)))).unread, 2);
  });

  test('goes when another device of mine has read', () => {
    const state = after(latest(range(1, 3)), update(3, 3), { type: 'read', conversationId: talk(bob), seq: 2, readerId: me });
    assert.equal(chatOf(state).unread, 1);
    assert.equal(chatOf(reduce(state, { type: 'read', conversationId: talk(bob), seq: 3, readerId: me })).unread, 0);
  });
});

describe('what is sent', () => {
  test('waits, and is replaced by the message that comes back, once', () => {
    const state = after({ type: 'queued', pending: pending('c7') }, { type: 'sending', clientId: 'c7' });
    assert.equal(state.pending[0]!.state, 'sending');
    const back = reduce(reduce(state, arrive(mine(7))), arrive(mine(7)));
    assert.deepEqual([back.pending.length, seqs(back)], [0, [7]]);
  });

  test('is tried again when the connection went before an answer', () => {
    const state = after({ type: 'queued', pending: pending('x') }, { type: 'sending', clientId: 'x' }, { type: 'linked', link: 'offline' });
    assert.equal(state.pending[0]!.state, 'waiting');
  });

  test('fails with a reason, and can be tried again or dropped', () => {
    const failed = after({ type: 'queued', pending: pending('x') }, { type: 'failed', clientId: 'x', reason: 'too long' });
    assert.deepEqual([failed.pending[0]!.state, failed.pending[0]!.reason], ['failed', 'too long']);
    const again = reduce(failed, { type: 'retried', clientId: 'x' });
    assert.deepEqual([again.pending[0]!.state, again.pending[0]!.reason], ['waiting', undefined]);
    assert.deepEqual(reduce(failed, { type: 'discarded', clientId: 'x' }).pending, []);
  });

  test('is not mistaken for a message of the other one with the same clientId', () => {
    const state = after({ type: 'queued', pending: pending('x') }, arrive(theirs(1, { clientId: 'x' })));
    assert.equal(state.pending.length, 1);
  });

  test('that a page of history brings is pending no more', () => {
    assert.deepEqual(after({ type: 'opened', peerId: bob }, { type: 'queued', pending: pending('c2') }, latest([mine(2)])).pending, []);
  });
});

describe('people', () => {
  test('come and go', () => {
    const state = after(list(summary(theirs(1), { online: true })), { type: 'presence', userId: bob, online: false, lastSeen: 5 });
    assert.deepEqual([state.people[bob]!.online, state.people[bob]!.lastSeen], [false, 5]);
    assert.equal(reduce(state, { type: 'presence', userId: bob, online: true }).people[bob]!.online, true);
    assert.equal(reduce(state, { type: 'presence', userId: cat, online: true }), state);
  });

  test('who leave type no more, and so does everybody when the connection goes', () => {
    const state = after(list(summary(theirs(1))), { type: 'typing', userId: bob, isTyping: true });
    assert.equal(chatOf(reduce(state, { type: 'presence', userId: bob, online: false })).isTyping, false);
    assert.equal(chatOf(reduce(state, { type: 'linked', link: 'offline' })).isTyping, false);
  });
});

test('a first page that comes again does not forget how far the list was read', () => {
  const state = after({ type: 'listed', conversations: [], cursor: 'p2', isFirstPage: true },
    { type: 'listed', conversations: [], cursor: 'p3', isFirstPage: false },
    { type: 'listed', conversations: [], cursor: 'p2', isFirstPage: true });
  assert.equal(state.list.cursor, 'p3');
});

test('the state before an action is not changed by it', () => {
  const before = after(latest(range(1, 3)), { type: 'queued', pending: pending('x') });
  const copy = structuredClone(before);
  for (const action of [arrive(mine(4)), { type: 'sending', clientId: 'x' } as const, { type: 'linked', link: 'offline' } as const,
    { type: 'readHere', peerId: bob, seq: 3 } as const]) reduce(before, action);
  assert.deepEqual(before, copy);
});
