import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clock, dayLabel, hue, initials, linkify, presenceLabel, shortTime } from './format';

const at = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();
const now = at(2026, 4, 20, 15, 30);
const en = 'en-GB';

test('days are named as people name them', () => {
  assert.equal(dayLabel(at(2026, 4, 20, 0, 1), now, en), 'Today');
  assert.equal(dayLabel(at(2026, 4, 19, 23, 59), now, en), 'Yesterday');
  assert.equal(dayLabel(at(2026, 4, 15, 12, 0), now, en), 'Friday');
  assert.equal(dayLabel(at(2025, 11, 24, 12, 0), now, en), '24 December 2025');
  assert.equal(shortTime(at(2026, 4, 20, 9, 5), now, en), '09:05');
  assert.equal(shortTime(at(2026, 4, 1, 9, 5), now, en), '1 May');
});

test('hours are written as the language has them', () => {
  assert.equal(clock(at(2026, 4, 20, 9, 5), 'en-US').replace(/\s/u, ' '), '9:05 AM');
  assert.equal(clock(at(2026, 4, 20, 9, 5), 'de-DE'), '09:05');
  assert.equal(clock(at(2026, 4, 20, 21, 50), en), '21:50');
});

test('last seen says how long ago', () => {
  assert.equal(presenceLabel(true, null, now, en), 'online');
  assert.equal(presenceLabel(false, null, now, en), 'offline');
  assert.equal(presenceLabel(false, now - 20_000, now, en), 'last seen just now');
  assert.equal(presenceLabel(false, now + 5_000, now, en), 'last seen just now');
  assert.equal(presenceLabel(false, now - 5 * 60_000, now, en), 'last seen 5 min ago');
  assert.equal(presenceLabel(false, at(2026, 4, 20, 9, 5), now, en), 'last seen today at 09:05');
  assert.equal(presenceLabel(false, at(2026, 4, 19, 9, 5), now, en), 'last seen yesterday at 09:05');
});

test('initials stand for any name', () => {
  assert.deepEqual(['ann', 'Ann Marie Lee', '  ', '😀 x', 'j.doe'].map(initials), ['A', 'AL', '?', '😀X', 'JD']);
});

test('a colour is always the same, and within bounds', () => {
  for (const id of ['', 'a', 'f'.repeat(24)]) {
    assert.equal(hue(id, 8), hue(id, 8));
    assert.ok(hue(id, 8) >= 0 && hue(id, 8) < 8);
  }
});

test('addresses become links, without the stop behind them', () => {
  assert.deepEqual(linkify('see https://a.example/x?y=1, or (http://b.example).'), [
    { text: 'see ' }, { text: 'https://a.example/x?y=1', url: 'https://a.example/x?y=1' }, { text: ', or (' },
    { text: 'http://b.example', url: 'http://b.example' }, { text: ').' },
  ]);
  assert.deepEqual(linkify('javascript:alert(1) <b>'), [{ text: 'javascript:alert(1) <b>' }]);
  assert.deepEqual(linkify(''), []);
});
