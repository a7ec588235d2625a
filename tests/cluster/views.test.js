import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differences } from './views.js';

const view = (change = {}, count = 1) => ({
  stored: new Map([['talk', [{ _id: 'm1', seq: 1, status: 'read' }, { _id: 'm2', seq: 2, status: 'sent', ...change }]]]),
  unread: new Map([['ann', new Map([['talk', count]])]]),
});

test('views that show the same have no differences', () => assert.deepEqual(differences(view(), view()), []));

test('each field that differs is told, and one that is missing', () => {
  assert.deepEqual(differences(view(), view({ status: 'delivered' })), ['talk place 1: status sent and delivered']);
  assert.deepEqual(differences(view({ deliveredAt: '12:00' }), view()), ['talk place 1: deliveredAt 12:00 and undefined']);
  assert.deepEqual(differences(view(), view({}, 2)), ['unread of ann: talk 1 and 2']);
});

test('a message or a conversation that one of them lacks is told', () => {
  const short = view();
  short.stored.get('talk').pop();
  assert.deepEqual(differences(view(), short).map((text) => text.split(':')[0]), Array(3).fill('talk place 1'));
  assert.equal(differences(view(), { stored: new Map(), unread: view().unread }).length, 6);
});
