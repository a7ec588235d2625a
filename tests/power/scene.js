/** What goes on at a machine until its power is cut, and what must be there when it is back. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';

import { login, people, say } from '../lib/people.js';
import { freePort } from '../lib/ports.js';
import { Rest } from '../lib/rest.js';
import { Server, parley } from '../lib/server.js';
import { until } from '../lib/wait.js';
import { check, problems } from '../recovery/checker.js';
import { gather, peek, readBack, write } from '../recovery/crowd.js';
import { RestSender } from '../recovery/member.js';
import { randomFrom } from '../recovery/random.js';
import { Record, now } from '../recovery/record.js';
import { Logins } from './logins.js';

const longest = 80_000;  // Characters of a message: some hundreds fill a memtable.

/** A server on a disk that is plugged in; the first one finds it empty, and makes its own secrets and folders. */
export async function serverOn(disk) {
  const server = new Server({
    dataDir: join(disk.root, 'srv/parley'), cwd: disk.root,
    env: { ACCESS_TOKEN_SECRET: undefined, REFRESH_TOKEN_SECRET: undefined, ACCESS_TOKEN_EXPIRE: '1d', MAX_CONTENT: `${longest + 100}` },
  });
  server.port = await freePort();
  return server;
}

const secretsOf = (server) => readFileSync(join(server.dataDir, 'secrets'), 'utf8');

/** Starts it; gives when that began and when it was over. */
async function starting(server) {
  const began = now();
  await server.start();
  return { began, at: now() };
}

/** An orderly stop under load and the next start. */
async function restarting(server) {
  const began = now();
  assert.equal((await server.stop()).code, 0, server.tail());
  return { ...(await starting(server)), began };
}

/** A backup to the same disk, while people write. */
async function backingUp(server, target) {
  const began = now();
  const { code, stdout, stderr } = await parley(['backup', target, '--data-dir', server.dataDir], { deadline: 60_000 });
  assert.equal(code, 0, stdout + stderr);
  return { began, at: now() };
}

const backupOn = (disk) => join(disk.root, 'backup');

/** All that happened: when, what the crowd saw of it, and what else was answered. */
export class Scene {
  record = new Record();
  names = [];  // When something in the store's folder was made, renamed or removed: {at, name}.
  stopped = false;

  /** Plays on a disk, which is plugged in and recorded meanwhile. `isLong`: the store merges tables, too. */
  static async play(disk, seed, { isLong = false } = {}) {
    const scene = new Scene();
    await disk.plug();
    scene.server = await serverOn(disk);
    try {
      await scene.playAll(disk, seed, isLong);
    } finally {
      scene.stopped = true;
      scene.crew?.members.forEach((member) => member.close());
      [scene.crew?.rest, ...(scene.writers ?? [])].forEach((writer) => writer?.abandon());
      await Promise.allSettled([scene.peeking, scene.living]);
      await scene.server.kill();
    }
    await disk.unplug();
    return scene;
  }

  async playAll(disk, seed, isLong) {
    const { server, record } = this;
    this.firstStart = await starting(server);
    this.secrets = secretsOf(server);
    const watcher = watch(join(server.dataDir, 'db'), { persistent: false }, (what, name) => what === 'rename' && this.names.push({ at: now(), name }));
    this.logins = new Logins(server, randomFrom(seed + 100));
    this.living = this.logins.run(() => this.stopped);
    await this.crowdComes(seed);
    await this.acknowledgements(800);
    await this.memtableIsFlushed();
    this.backup = await backingUp(server, backupOn(disk));
    this.restart = await restarting(server);
    if (isLong) await this.tablesAreMerged();
    await this.acknowledgements(300);
    this.end = now();
    watcher.close();
    assert.deepEqual(record.refused, []);
  }

  async crowdComes(seed) {
    const { server, record } = this;
    const tokenOf = async (person) => (await login(server, person)).accessToken;
    this.crew = await gather(server, record, seed, { tokenOf, patient: true });
    const [reader, ...authors] = await people(server, 'reader', 'long', 'long', 'long');
    this.reader = reader;
    for (const author of authors) author.rest.token = await tokenOf(author);
    this.persons = [...this.crew.persons, ...authors];
    const padding = Array.from({ length: longest / 16 }, (_, index) => `${index}`.padStart(16, '.')).join('');
    this.writers = authors.map((author) => new RestSender(server, author, record, { padding }));
    this.peeking = peek(record, this.crew.persons, randomFrom(seed + 99), () => this.stopped);
    this.isThere = now();
    write(this.crew);
  }

  /** So many more. */
  async acknowledgements(more) {
    const before = this.record.acknowledgedCount;
    await until(() => this.record.acknowledgedCount >= before + more, { what: () => `progress\n${this.server.tail()}`, ms: 60_000 });
  }

  /** Long messages among the others, until a table is written of them. */
  async memtableIsFlushed() {
    const before = this.tables().length;
    this.writers.forEach((writer) => writer.start([this.reader]));
    await until(() => this.tables().length > before, { what: () => `a new table\n${this.server.tail()}`, ms: 60_000 });
    await Promise.all(this.writers.map((writer) => writer.quiet()));
  }

  /** Nobody writes until the store finds the time to merge its tables. */
  async tablesAreMerged() {
    const { members, rest } = this.crew;
    this.logins.isResting = true;
    members.forEach((member) => member.quiet());
    await rest.quiet();
    const removed = () => this.tables().filter((count) => count > 1).length;
    const before = removed();
    await until(() => removed() > before, { what: () => `merged tables\n${this.server.tail()}`, ms: 60_000 });
    this.logins.isResting = false;
    write(this.crew);
  }

  /** For each table how often its name changed: once when it was made, and again when it was removed. */
  tables() {
    const counts = new Map();
    for (const { name } of this.names) if (name.endsWith('.sst')) counts.set(name, (counts.get(name) ?? 0) + 1);
    return [...counts.values()];
  }

  /** Moments for cuts, in order: each kind in turn, so that few are enough. `flushes` as a cutter gives them. */
  moments(count, random, flushes) {
    const within = ({ began, at }) => began + random.next() * (at - began);
    const inScene = flushes.filter(({ at }) => at < this.end);
    const fullest = [...inScene].sort((one, other) => other.waiting - one.waiting).slice(0, 40);
    const rightBeforeFlush = (moment) => (inScene.find(({ at }) => at >= moment) ?? inScene.at(-1)).at;
    const kinds = [
      () => random.pick(this.record.sends.filter(({ ackedAt }) => ackedAt[0] < this.end)).ackedAt[0] + random.next() / 2,
      () => rightBeforeFlush(within(this.firstStart)),
      () => random.pick(this.names).at + random.below(50),
      () => random.pick(inScene).at,
      () => rightBeforeFlush(within(this.restart)),
      () => this.backup.at + random.below(20),
      () => random.pick(fullest).at,
      () => within({ began: this.firstStart.began, at: this.end }),
    ];
    const first = random.below(kinds.length);
    return Array.from({ length: count }, (_, index) => kinds[(first + index) % kinds.length]()).sort((one, other) => one - other);
  }

  /** Starts a server on what a power cut at that moment has left; gives what is wrong then, as sentences. */
  async missingOn(disk, moment) {
    const server = await serverOn(disk);
    try {
      const wasReady = moment >= this.firstStart.at;
      if (wasReady && !existsSync(join(server.dataDir, 'secrets'))) return ['the secrets are gone'];
      await server.start();
      if (wasReady && secretsOf(server) !== this.secrets) return ['the secrets have changed'];
      const found = await this.differences(server, moment);
      assert.equal((await server.stop()).code, 0, server.tail());
      const folders = moment < this.backup.at ? [server.dataDir] : [server.dataDir, backupOn(disk)];
      for (const folder of folders) found.push(...(await damage(folder)));
      return found;
    } finally {
      await server.kill();
    }
  }

  async differences(server, moment) {
    const known = this.record.upTo(moment);
    const persons = moment < this.isThere ? [] : this.persons.map((person) => ({ ...person, rest: new Rest(server.url, person.rest.token) }));
    const seen = { ...known, ...(await readBack(persons)) };
    const findings = check(seen);
    // Nobody knows the place of what was refused at first, because the server stopped.
    findings.reordered = check({ ...seen, sends: seen.sends.filter((send) => !send.wasRefused) }).reordered;
    const found = [...problems(findings), ...(await this.logins.missingOn(server, moment))];
    if (persons.length > 0) found.push(...(await unlikeBefore(persons, known.sends)));
    return found;
  }
}

/** Repetitions get the first message back, and new ones are taken. */
async function unlikeBefore(persons, sends) {
  const found = [];
  for (const { sender, receiver, clientId, content, acks } of sends.filter((send) => send.acks.length > 0).slice(-20)) {
    const { rest } = persons.find(({ id }) => id === sender);
    const { body } = await rest.post('/api/messages', { receiverId: receiver, content, clientId });
    if (body.message?._id !== acks[0]._id) found.push(`${sender} ${clientId} was ${acks[0]._id} and is ${JSON.stringify(body).slice(0, 200)} when it is repeated`);
  }
  await say(persons[0], persons[1], 'after the power cut');
  return found;
}

/** What the store's own rules say. */
async function damage(folder) {
  const { code, stdout, stderr } = await parley(['verify-store', '--data-dir', folder], { deadline: 60_000 });
  return code === 0 ? [] : [`verify-store of ${folder}: ${stdout}${stderr}`];
}
