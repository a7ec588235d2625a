/** Makes of a recorded disk what may be left of it when the power is cut at some moment. */
import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import { apply } from './disk.js';

// As recording_disk.cpp writes them.
const headSize = 24;
const [wrote, flushed] = [1, 3];

/** What happened to a disk, in order: [{at, offset, size, kind, place}]; `at` as `now()`, `place` is where the bytes are in the file. */
function recordedIn(file) {
  const events = [];
  const head = Buffer.alloc(headSize);
  const end = fstatSync(file).size;
  for (let place = headSize; place <= end; ) {
    readSync(file, head, 0, headSize, place - headSize);
    const [size, kind] = [head.readUInt32LE(16), head.readUInt32LE(20)];
    events.push({ at: Number(head.readBigUInt64LE(0)) / 1e6, offset: Number(head.readBigUInt64LE(8)), size, kind, place });
    place += headSize + (kind === wrote ? size : 0);
  }
  return events;
}

/**
 * Cuts the power at one moment after another, the earlier one first. What was written before the last flush that had
 * ended is there; of what was written since, each write, a part of its sectors, or none of it: chance decides.
 */
export class Cutter {
  /**
   * @param disk its image and its record
   * @param options {sector: bytes that are written wholly or not at all, forgets: so many flushes at the end were lies, and
   *   nothing that was written since is there}
   */
  constructor({ image, record }, { sector, forgets = 0 }) {
    Object.assign(this, { sector, forgets, certain: 0, safe: `${record}.safe.${forgets}` });
    execFileSync('cp', ['--sparse=always', image, this.safe]);
    this.record = openSync(record, 'r');
    this.image = openSync(this.safe, 'r+');
    this.events = recordedIn(this.record);
  }

  /** The moments right before flushes ended that something waited for: [{at, waiting: how many writes}]. */
  flushes() {
    const found = [];
    let waiting = 0;
    for (const { kind, at } of this.events) {
      if (kind === flushed && waiting > 0) found.push({ at: at - 1e-3, waiting });
      waiting = kind === flushed ? 0 : waiting + 1;
    }
    return found;
  }

  /** {image, changes, waiting}: what is left is the image, which the next cut changes, and upon it the changes; so many writes waited for a flush. */
  cut(moment, random) {
    const happened = this.events.filter(({ at }) => at <= moment);
    const flushes = happened.flatMap(({ kind }, index) => (kind === flushed ? [index] : []));
    const certain = flushes.at(-1 - this.forgets) ?? 0;
    if (certain < this.certain) throw new Error('the moments of cuts go back');
    for (const event of this.events.slice(this.certain, certain)) apply([this.changeOf(event)], this.image);
    this.certain = certain;
    const waiting = happened.slice(certain).filter(({ kind }) => kind !== flushed);
    return { image: this.safe, changes: this.forgets > 0 ? [] : this.some(waiting, random), waiting: waiting.length };
  }

  /** What chance lets through of some writes. */
  some(waiting, random) {
    const [share, torn] = [random.pick([0, 0.1, 0.5, 0.9, 1]), random.pick([0, 0.2, 1])];
    const kept = waiting.filter(() => random.chance(share)).map((event) => this.changeOf(event));
    return kept.flatMap((change) => (random.chance(torn) ? this.tear(change, random) : [change]));
  }

  tear({ offset, bytes }, random) {
    const sectors = Array.from({ length: Math.ceil(bytes.length / this.sector) }, (_, index) => index * this.sector);
    return sectors.filter(() => random.chance(0.5)).map((at) => ({ offset: offset + at, bytes: bytes.subarray(at, at + this.sector) }));
  }

  /** What an event put where; nothing by a flush, zeros by a discard. */
  changeOf({ kind, offset, size, place }) {
    const bytes = Buffer.alloc(kind === flushed ? 0 : size);
    if (kind === wrote) readSync(this.record, bytes, 0, size, place);
    return { offset, bytes };
  }

  close() {
    [this.record, this.image].forEach(closeSync);
  }
}
