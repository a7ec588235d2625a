import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test as nodeTest } from 'node:test';

import { closeDevices } from '../lib/device.js';
import { Mongo } from '../lib/mongo.js';
import { temporaryDirectory } from '../lib/server.js';
import { assertDone, assertSame, exportTo, fill, importFrom, serverOn, stop, verify, views, withoutHeader } from './world.js';

const folder = temporaryDirectory();
let made = 0;
const path = (name = 'file') => join(folder, `${name}-${(made += 1)}`);

const mongo = await Mongo.start();
if (mongo.missing) console.log(`skipped: ${mongo.missing}`);
const test = (name, body) => nodeTest(name, { skip: mongo.missing }, body);
after(() => !mongo.missing && mongo.destroy());
afterEach(closeDevices);

describe('an embedded store', { skip: mongo.missing }, () => {
  const original = { dataDir: path('data') };
  const file = path('archive');
  let world;
  let seen;

  before(async () => {
    const server = await serverOn(original);
    world = await fill(server);
    seen = await views(server, world);
    await stop(server);
    assertDone(await exportTo(original, file));
  });

  test('becomes a MongoDB', async (t) => {
    const target = { mongo: mongo.newDatabase() };
    assertDone(await importFrom(target, file));
    const server = await serverOn(target);
    t.after(() => server.destroy());
    await assertSame(server, world, seen);
  });

  test('comes back from MongoDB as it was', async (t) => {
    const [cluster, back] = [{ mongo: mongo.newDatabase() }, { dataDir: path('data') }];
    assertDone(await importFrom(cluster, file));
    const between = path('between.gz');
    assertDone(await exportTo(cluster, between));
    assertDone(await importFrom(cluster, file));
    assertDone(await importFrom(back, between));
    assertDone(await verify(back));
    const copy = path();
    assertDone(await exportTo(back, copy));
    const lines = (name) => withoutHeader(readFileSync(name, 'utf8')).trimEnd().split('\n').slice(0, -1);
    assert.deepEqual(lines(copy), lines(file));
    const server = await serverOn(back);
    t.after(() => server.destroy());
    await assertSame(server, world, seen);
  });
});

describe('a MongoDB that nodes have used', { skip: mongo.missing }, () => {
  test('becomes an embedded store, whose cursors go on', async (t) => {
    const [cluster, target, file] = [{ mongo: mongo.newDatabase() }, { dataDir: path('data') }, path()];
    const node = await serverOn(cluster);
    const world = await fill(node);
    const seen = await views(node, world);
    await stop(node);
    assertDone(await exportTo(cluster, file));
    assertDone(await importFrom(target, file));
    assertDone(await verify(target));
    const server = await serverOn(target);
    t.after(() => server.destroy());
    await assertSame(server, world, seen);
  });
});
