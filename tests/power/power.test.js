/** Cuts the power of the whole machine at random moments, and looks what the file system, and the server on it, make of what is left. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { patience } from '../lib/wait.js';
import { randomFrom } from '../recovery/random.js';
import { now } from '../recovery/record.js';
import { Cutter } from './cutter.js';
import { Disk, fileSystems, isUnknown, whatIsMissing } from './disk.js';
import { Scene, serverOn } from './scene.js';

const seed = Number(process.env.POWER_SEED ?? Date.now() % 1_000_000);
/** On ext4; on the others half as many. From 20 on the store also merges tables meanwhile. */
const cuts = Number(process.env.POWER_CUTS ?? 8);
const cutsOn = (kind) => (kind === 'ext4' ? cuts : Math.ceil(cuts / 2));
const kinds = (process.env.POWER_DISKS ?? Object.keys(fileSystems).join(' ')).split(' ');
const missing = whatIsMissing();
if (missing) console.log(`skipped: ${missing}`);

const played = new Map();
after(() => played.forEach(({ disk }) => disk.destroy()));

/** What was recorded on that kind of disk, once: {disk, scene}. */
async function recordingOn(kind) {
  if (!played.has(kind)) {
    const disk = Disk.formatted(kind);
    played.set(kind, { disk, playing: Scene.play(disk, seed, { isLong: cuts >= 20 }) });
  }
  const { disk, playing } = played.get(kind);
  return { disk, scene: await playing };
}

/** What is left, as a cutter gives it, after the power was cut once more, while a server started on what was left. */
async function cutAgain(first, left, random) {
  await first.plug(left.changes);
  const server = await serverOn(first);
  const began = now();
  await server.start();
  const at = now();
  await server.kill();
  await first.unplug();
  const cutter = new Cutter(first, fileSystems[first.kind]);
  const flushes = cutter.flushes().filter((flush) => flush.at > began && flush.at < at);
  const moment = random.chance(0.5) && flushes.length > 0 ? random.pick(flushes).at : began + random.next() * (at - began);
  const again = cutter.cut(moment, random);
  cutter.close();
  return again;
}

/** What is wrong after a cut at that moment that left this, as sentences; `cutsTwice`: after a second one. */
async function wrongAfter(scene, { kind, left, moment, random, cutsTwice = false }) {
  const disks = [new Disk(kind, left.image)];
  try {
    let { changes } = left;
    if (cutsTwice) {
      const again = await cutAgain(disks[0], left, random);
      disks.unshift(new Disk(kind, again.image));
      changes = again.changes;
    }
    await disks[0].plug(changes);
    const found = await scene.missingOn(disks[0], moment);
    await disks[0].unplug();
    return found;
  } catch (error) {
    return [error.message];
  } finally {
    disks.forEach((disk) => disk.destroy());
  }
}

describe('the power of the whole machine fails', () => {
  if (!missing) console.log(`power cuts: seed ${seed} (POWER_SEED=${seed} repeats the moments)`);
  for (const kind of kinds) {
    test(`nothing that was acknowledged is lost on ${kind}`, { skip: missing ?? isUnknown(kind), timeout: (120_000 + 10_000 * cuts) * patience }, async () => {
      const { scene, disk } = await recordingOn(kind);
      const cutter = new Cutter(disk, fileSystems[kind]);
      const random = randomFrom(seed + 7);
      const found = [];
      const tally = { cuts: 0, twice: 0, waiting: 0 };
      for (const moment of scene.moments(cutsOn(kind), random, cutter.flushes())) {
        const left = cutter.cut(moment, random);
        const cutsTwice = tally.cuts % 4 === 3;
        tally.cuts += 1;
        tally.twice += Number(cutsTwice);
        tally.waiting += left.waiting;
        const wrong = await wrongAfter(scene, { kind, left, moment, random, cutsTwice });
        if (wrong.length > 0) found.push({ moment: moment - scene.firstStart.began, waiting: left.waiting, cutsTwice, wrong });
      }
      cutter.close();
      report(kind, scene, tally, found);
      assert.equal(found.length, 0, 'cuts with something wrong');
    });
  }

  test('a disk that lies about its flushes loses messages, and that is seen', { skip: missing, timeout: 120_000 * patience }, async () => {
    const { scene, disk } = await recordingOn('ext4');
    const cutter = new Cutter(disk, { ...fileSystems.ext4, forgets: 40 });
    const wrong = await wrongAfter(scene, { kind: 'ext4', left: cutter.cut(scene.end), moment: scene.end });
    cutter.close();
    assert.ok(wrong.some((text) => /^lost: .* was acknowledged as .* and is gone/.test(text)), wrong.join('\n'));
  });
});

function report(kind, scene, { cuts, twice, waiting }, found) {
  const lost = found.flatMap(({ wrong }) => wrong.filter((text) => text.startsWith('lost'))).length;
  console.log(`power cuts on ${kind}: ${cuts}, ${twice} of them followed by another one while the server started; ${scene.record.acknowledgedCount} acknowledged, ` +
    `${scene.logins.people.length} accounts; ${waiting} writes waited for a flush; ${lost} lost, ${found.length} cuts with something wrong`);
  for (const { wrong, ...cut } of found) console.log(JSON.stringify(cut), wrong.slice(0, 10).join('\n'));
}
