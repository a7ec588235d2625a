import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { temporaryDirectory } from '../lib/server.js';
import { randomFrom } from '../recovery/random.js';
import { Cutter } from './cutter.js';

const sector = 4;

/** An entry of a record as recording_disk.cpp writes it. */
function event(at, kind, offset = 0, bytes = '', size = bytes.length) {
  const head = Buffer.alloc(24);
  head.writeBigUInt64LE(BigInt(at * 1e6));
  head.writeBigUInt64LE(BigInt(offset), 8);
  head.writeUInt32LE(size, 16);
  head.writeUInt32LE(kind, 20);
  return Buffer.concat([head, Buffer.from(bytes)]);
}
const write = (at, offset, bytes) => event(at, 1, offset, bytes);
const zero = (at, offset, size) => event(at, 2, offset, '', size);
const flush = (at) => event(at, 3);

/** A disk of 16 bytes that all are `.`; gives a function from moments and seeds to what is left. */
function diskOf(events, options) {
  const place = temporaryDirectory();
  const disk = { image: join(place, 'image'), record: join(place, 'record') };
  writeFileSync(disk.image, '.'.repeat(16));
  writeFileSync(disk.record, Buffer.concat(events));
  const cutter = new Cutter(disk, { sector, ...options });
  return (moment, seed = 1) => {
    const { image, changes } = cutter.cut(moment, randomFrom(seed));
    const left = readFileSync(image);
    for (const { offset, bytes } of changes) bytes.copy(left, offset);
    return left.toString('latin1');
  };
}

/** All that some seeds leave, sorted. */
const anyOf = (cut, moment, seeds = 200) => [...new Set(Array.from({ length: seeds }, (_, seed) => cut(moment, seed)))].sort();

describe('a power cut', () => {
  test('keeps all that was flushed, in order, and has nothing of later', () => {
    const cut = diskOf([write(1, 0, 'aaaa'), write(2, 2, 'bbbb'), zero(3, 8, 2), flush(4), write(5, 12, 'cccc'), flush(6)]);
    assert.deepEqual(anyOf(cut, 4.5), ['aabbbb..\0\0......']);
    assert.deepEqual(anyOf(cut, 6), ['aabbbb..\0\0..cccc']);
  });

  test('keeps of what waits for a flush any part, by whole sectors', () => {
    const cut = diskOf([write(1, 0, 'aaaabbbb'), write(2, 8, 'cccc'), write(9, 12, 'dddd'), flush(10)]);
    const starts = ['........', 'aaaa....', '....bbbb', 'aaaabbbb'];
    assert.deepEqual(anyOf(cut, 3), starts.flatMap((text) => [`${text}........`, `${text}cccc....`]).sort());
  });

  test('may keep what was written first where it was written over', () => {
    const cut = diskOf([write(1, 0, 'aaaa'), write(2, 0, 'bbbb')]);
    assert.deepEqual(anyOf(cut, 3), ['................', 'aaaa............', 'bbbb............']);
  });

  test('is worth most right before a flush ends', () => {
    const place = temporaryDirectory();
    const disk = { image: join(place, 'image'), record: join(place, 'record') };
    writeFileSync(disk.image, '');
    writeFileSync(disk.record, Buffer.concat([flush(1), write(2, 0, 'a'), write(3, 0, 'b'), flush(4), flush(5), write(6, 0, 'c')]));
    const [{ at, waiting }, ...others] = new Cutter(disk, { sector }).flushes();
    assert.ok(at > 3 && at < 4 && waiting === 2 && others.length === 0);
  });

  test('of a disk that lies about its last flushes leaves what was there before them', () => {
    const events = [write(1, 0, 'a'), flush(2), write(3, 1, 'b'), flush(4), write(5, 2, 'c'), flush(6), write(7, 3, 'd')];
    assert.deepEqual(anyOf(diskOf(events, { forgets: 1 }), 8), ['ab..............']);
    assert.deepEqual(anyOf(diskOf(events, { forgets: 2 }), 8), ['a...............']);
    assert.deepEqual(anyOf(diskOf(events, { forgets: 9 }), 8), ['................']);
  });
});
