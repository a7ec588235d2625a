import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { check, problems } from './checker.js';

/** A good history: ann sends three messages to bob, who has read two; bob answers once. */
function good() {
  const message = (index, sender, receiver, status) => ({
    _id: `m${index}`, conversationId: 'c', sender, receiver, content: `text ${index}`, clientId: `k${index}`, seq: index,
    status, createdAt: `2026-01-01T00:00:00.00${index}Z`,
  });
  const messages = [message(1, 'ann', 'bob', 'read'), message(2, 'ann', 'bob', 'read'), message(3, 'bob', 'ann', 'delivered'), message(4, 'ann', 'bob', 'delivered')];
  const sends = messages.map((each, order) => ({ sender: each.sender, receiver: each.receiver, clientId: each.clientId, content: each.content, order, acks: [{ ...each, status: 'sent' }] }));
  const arrive = (user, connection) => messages.filter((each) => each.receiver === user).map((each) => ({ connection, by: 'push', message: { ...each, status: 'sent' } }));
  return {
    sends,
    stored: new Map([['c', messages]]),
    arrivals: new Map([['ann', arrive('ann', 1)], ['bob', arrive('bob', 2)]]),
    pushOnly: new Set(['bob']),
    statuses: [
      { messageId: 'm1', status: 'sent', observer: 'ann', connection: 1, at: 10 },
      { messageId: 'm1', status: 'delivered', observer: 'ann', connection: 1, at: 11 },
      { messageId: 'm1', status: 'read', observer: 'ann', connection: 1, at: 20 },
      { messageId: 'm1', status: 'read', observer: 'bob', connection: 2, from: 21, at: 22 },
    ],
    reads: [{ reader: 'bob', conversationId: 'c', seq: 2 }],
    unread: new Map([['ann', new Map([['c', 1]])], ['bob', new Map([['c', 1]])]]),
    cursors: new Map([['bob', ['1', '7', '7', '10']]]),
  };
}

/** The kinds of problem that a change of the good history causes. */
function kindsAfter(change) {
  const history = good();
  change(history);
  return Object.entries(check(history)).filter(([, list]) => list.length > 0).map(([kind]) => kind);
}

const caught = (what, kind, change) => test(`catches ${what}`, () => {
  const kinds = kindsAfter(change);
  assert.ok(kinds.includes(kind), `found ${kinds.join(', ') || 'nothing'}`);
});

describe('the history checker', () => {
  test('finds nothing wrong with a good history', () => assert.deepEqual(problems(check(good())), []));

  caught('an acknowledged message that is gone', 'lost', (h) => h.stored.get('c').pop());
  caught('a conversation that is gone', 'lost', (h) => h.stored.clear());
  caught('a second acknowledgement of a message that is gone', 'lost', (h) => h.sends[0].acks.push({ ...h.sends[0].acks[0], _id: 'gone' }));

  caught('a message that was shown to its receiver and is gone', 'lost', (h) => h.statuses.push({ messageId: 'm9', status: 'sent', observer: 'bob', connection: 2, event: 'receive_message', at: 30 }));

  caught('a message that is stored twice', 'duplicated', (h) => h.stored.get('c').push({ ...h.stored.get('c')[0], seq: 5 }));
  caught('a clientId that is stored twice', 'duplicated', (h) => h.stored.get('c').push({ ...h.stored.get('c')[3], _id: 'm5', seq: 5 }));
  caught('a repetition that got another message', 'duplicated', (h) => h.sends[0].acks.push({ ...h.sends[1].acks[0] }));
  caught('a repetition that got another seq', 'duplicated', (h) => h.sends[0].acks.push({ ...h.sends[0].acks[0], seq: 2 }));

  caught('another content', 'altered', (h) => (h.stored.get('c')[1].content = 'other'));
  caught('another receiver', 'altered', (h) => (h.stored.get('c')[1].receiver = 'eve'));
  caught('a message out of nowhere', 'altered', (h) => (h.stored.get('c')[1].clientId = 'k99'));
  caught('a place other than acknowledged', 'altered', (h) => (h.sends[0].acks[0].seq = 9));
  caught('another time than acknowledged', 'altered', (h) => (h.sends[0].acks[0].createdAt = '2026-01-01T00:00:09.000Z'));

  caught('a gap in seq', 'gaps', (h) => h.stored.get('c').splice(1, 1));
  caught('a seq that is there twice', 'gaps', (h) => (h.stored.get('c')[2].seq = 2));
  caught('a time that goes back', 'gaps', (h) => (h.stored.get('c')[3].createdAt = '2025-01-01T00:00:00.000Z'));

  caught('two messages that changed places', 'reordered', (h) => {
    [h.sends[0].order, h.sends[1].order] = [1, 0];
  });

  caught('a message that a receiver never got', 'undelivered', (h) => h.arrivals.get('ann').pop());
  caught('a confirming device that got one by sync alone', 'undelivered', (h) => (h.arrivals.get('bob')[1].by = 'sync'));
  test('lets a device that does not confirm get one by sync alone', () => assert.deepEqual(kindsAfter((h) => (h.arrivals.get('ann')[0].by = 'sync')), []));

  caught('a push twice on one connection', 'disordered', (h) => h.arrivals.get('ann').push(h.arrivals.get('ann')[0]));
  caught('pushes out of order', 'disordered', (h) => h.arrivals.get('bob').reverse());
  caught('pushes out of order over two connections of a confirming device', 'disordered', (h) => {
    const list = h.arrivals.get('bob');
    [list[0], list[1]] = [{ ...list[1], connection: 8 }, { ...list[0], connection: 9 }];
  });
  caught('a sync that gives something again', 'disordered', (h) => {
    const entry = { ...h.arrivals.get('bob')[0], by: 'sync' };
    h.arrivals.get('bob').push(entry, entry);
  });
  test('lets a push be repeated on the next connection', () => assert.deepEqual(kindsAfter((h) => h.arrivals.get('bob').push({ ...h.arrivals.get('bob')[2], connection: 3 })), []));

  caught('a pushed status that goes back', 'backwards', (h) => h.statuses.push({ messageId: 'm1', status: 'delivered', observer: 'ann', connection: 1, at: 30 }));
  caught('an answer that shows less than was seen before', 'backwards', (h) => h.statuses.push({ messageId: 'm1', status: 'delivered', observer: 'bob', connection: 2, from: 30, at: 31 }));
  caught('a final status that shows less than was seen', 'backwards', (h) => (h.stored.get('c')[0].status = 'delivered'));
  test('lets an answer be as old as its question', () => assert.deepEqual(kindsAfter((h) => h.statuses.push({ messageId: 'm1', status: 'sent', observer: 'bob', connection: 2, from: 5, at: 40 })), []));

  caught('an unread count that is too high', 'unread', (h) => h.unread.get('bob').set('c', 3));
  caught('an unread count that is too low', 'unread', (h) => h.unread.get('ann').set('c', 0));
  caught('a conversation that the list does not show', 'unread', (h) => h.unread.get('ann').clear());
  caught('a read that was forgotten', 'unread', (h) => (h.reads[0].seq = 4));

  caught('a cursor that goes back', 'cursors', (h) => h.cursors.get('bob').push('9'));
});
