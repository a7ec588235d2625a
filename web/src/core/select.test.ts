import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { reduce } from './reduce';
import { broken, isPassing, newlyBroken, newsOf, nextToSend, rows, strangers, toRead, totalUnread } from './select';
import { after, arrive, bob, cat, latest, list, mine, pending, range, summary, talk, theirs } from './testing';

const online = { type: 'linked', link: 'online' } as const;

describe('the next to be sent', () => {
  const ids = (state: ReturnType<typeof after>) => nextToSend(state).map(({ clientId }) => clientId);

  test('is the oldest of each person', () => {
    const queued = ['1', '2'].map((id) => ({ type: 'queued', pending: pending(id) }) as const);
    const other = { type: 'queued', pending: pending('3', { peerId: cat }) } as const;
    assert.deepEqual(ids(after(online, ...queued, other)), ['1', '3']);
    assert.deepEqual(ids(after(online, ...queued, other, { type: 'sending', clientId: '1' })), ['3']);
  });

  test('is nothing without a connection', () => {
    assert.deepEqual(ids(after({ type: 'queued', pending: pending('1') })), []);
  });

  test('goes on behind one that failed', () => {
    const queued = ['1', '2'].map((id) => ({ type: 'queued', pending: pending(id) }) as const);
    assert.deepEqual(ids(after(online, ...queued, { type: 'failed', clientId: '1', reason: '' })), ['2']);
  });
});

describe('the rows of the list', () => {
  const other = (seq: number) => theirs(seq, { _id: `x${seq}`, sender: cat, conversationId: talk(cat) });

  test('have the newest first', () => {
    assert.deepEqual(rows(after(arrive(theirs(1)), arrive(other(2)))).map(({ chat }) => chat.peerId), [cat, bob]);
    assert.deepEqual(rows(after(arrive(other(2)), arrive(theirs(3)))).map(({ chat }) => chat.peerId), [bob, cat]);
  });

  test('show what waits to be sent, and leave out who was only looked up', () => {
    const state = after(arrive(theirs(1)), { type: 'queued', pending: pending('hello') }, { type: 'opened', peerId: cat });
    assert.deepEqual(rows(state).map(({ preview }) => [preview.content, preview.status]), [['hello', 'waiting']]);
  });

  test('show how far my last message has come', () => {
    const state = after(arrive(mine(1)), { type: 'delivered', conversationId: talk(bob), seq: 1 });
    assert.equal(rows(state)[0]!.preview.status, 'delivered');
  });
});

describe('what there is to read', () => {
  test('is the newest message of the other one', () => {
    const state = after(latest([...range(1, 2), mine(3)]), list(summary(mine(3), { unreadCount: 2 })));
    assert.equal(toRead(state.chats[bob]!)?.seq, 2);
  });

  test('is nothing when it was read, here or before', () => {
    const state = after(latest(range(1, 2)), { type: 'readHere', peerId: bob, seq: 2 });
    assert.equal(toRead(state.chats[bob]!), undefined);
    assert.equal(toRead(after(latest([theirs(1, { status: 'read' })])).chats[bob]!), undefined);
    assert.equal(toRead(after(latest([mine(1)])).chats[bob]!), undefined);
  });

  test('is nothing before the history is there: what was pushed may not be all', () => {
    assert.equal(toRead(after(arrive(theirs(7))).chats[bob]!), undefined);
    assert.equal(toRead(after(latest(range(1, 2)), arrive(theirs(3)), { type: 'historyAsked', peerId: bob }).chats[bob]!), undefined);
  });
});

describe('what was not read', () => {
  const news = (unread: number, ...actions: Parameters<typeof after>) => newsOf(after(...actions).chats[bob]!, unread);

  test('begins with the first of as many of theirs, whoever wrote between', () => {
    assert.deepEqual(news(2, latest([...range(1, 3), mine(4), theirs(5)])), { id: theirs(3)._id, count: 2, isMore: false });
  });

  test('is no more than what is held, and says so', () => {
    assert.deepEqual(news(9, latest(range(5, 8), true)), { id: theirs(5)._id, count: 4, isMore: true });
    assert.deepEqual(news(9, latest(range(1, 4))), { id: theirs(1)._id, count: 4, isMore: false });
  });

  test('is nothing when all is read, or nothing is theirs', () => {
    assert.equal(news(0, latest(range(1, 4))), null);
    assert.equal(news(2, latest([mine(1)])), null);
  });
});

test('a history with a gap is broken', () => {
  assert.deepEqual(broken(after(latest(range(1, 2)), arrive(theirs(3)))), []);
  assert.deepEqual(broken(after(latest(range(1, 2)), arrive(theirs(4)))), [bob]);
});

test('a history that could not be loaded is asked for again', () => {
  assert.deepEqual(broken(after(arrive(theirs(1)), { type: 'historyFailed', peerId: bob })), [bob]);
});

test('a gap is new once, when a message makes it', () => {
  const whole = after(latest(range(1, 2)));
  const gap = reduce(whole, arrive(theirs(5)));
  assert.deepEqual(newlyBroken(whole, gap), [bob]);
  assert.deepEqual(newlyBroken(gap, reduce(gap, arrive(theirs(6)))), []);
  assert.deepEqual(newlyBroken(whole, reduce(whole, arrive(theirs(3)))), []);
});

test('strangers are those whom no list has named', () => {
  assert.deepEqual(strangers(after(arrive(theirs(1)))), [bob]);
  assert.deepEqual(strangers(after(arrive(theirs(1)), list(summary(theirs(1))))), []);
});

test('unread messages are added up', () => {
  const other = summary(null, { conversationId: talk(cat), participants: [{ _id: cat, username: 'cat' }], unreadCount: 0 });
  assert.equal(totalUnread(after(list(summary(theirs(3), { unreadCount: 3 }), other))), 3);
});

test('a refusal for good is told from one that passes', () => {
  assert.ok(isPassing('overloaded') && isPassing('network'));
  assert.ok(!isPassing('bad_request') && !isPassing('not_found'));
});
