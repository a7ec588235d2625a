/** A disk of our own with a file system on it, which writes down all that happens to it. Needs root. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Child } from '../lib/child.js';
import { repository } from '../lib/server.js';

const bytes = 2 ** 30;  // The store merges no tables where there is not half of this left.
const flushMicroseconds = 2000;  // As a good disk; and long enough that an acknowledgement which does not wait for it is seen before.

/**
 * How each file system is made, and the bytes that it expects a disk to write wholly or not at all. The superblocks of ext4 (1 KiB)
 * and btrfs have checksums and no log behind them; what XFS finds torn of a directory's block it does not write again from its log.
 */
export const fileSystems = {
  ext4: { make: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0,nodiscard'], sector: 1024 },
  xfs: { make: ['mkfs.xfs', '-q', '-K'], sector: 4096 },
  btrfs: { make: ['mkfs.btrfs', '-q', '-K'], sector: 4096 },
};

const folder = mkdtempSync(join(tmpdir(), 'parley-power-'));
const plugged = new Set();
// Servers are gone by then: lib/server.js ends them in a hook that was there before.
process.once('exit', () => {
  for (const disk of plugged) disk.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Why there can be no such disk on this machine; undefined if there can be. */
export function whatIsMissing() {
  if (process.getuid() !== 0) return 'only root may mount';
  if (!process.env.POWER_MOUNTS_ARE_OURS) return 'mounting is not permitted here';
  return ['/dev/fuse', '/dev/loop-control'].filter((path) => !existsSync(path)).map((path) => `there is no ${path}`)[0];
}

/** The same for one kind of file system. */
export function isUnknown(kind) {
  const known = () => new RegExp(`\\b${kind}$`, 'm').test(readFileSync('/proc/filesystems', 'utf8'));
  if (!known()) try { run('modprobe', kind); } catch { /* It is said below. */ }
  return known() ? undefined : `the kernel has no ${kind}`;
}

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

let program;
let count = 0;

function recordingDisk() {
  if (program) return program;
  const flags = run('pkg-config', '--cflags', '--libs', 'fuse3').split(/\s+/);
  const path = join(folder, 'recording_disk');
  run('c++', '-std=c++20', '-O1', '-Wall', '-Wextra', '-Werror', '-o', path, join(repository, 'tests/power/recording_disk.cpp'), ...flags);
  return (program = path);
}

export class Disk {
  /** @param image the file that holds what is on it; stays as it is, since all changes are lost with the disk */
  constructor(kind, image) {
    this.kind = kind;
    this.place = join(folder, `${(count += 1)}`);
    this.image = image ?? this.path('image');
    [this.place, this.path('fuse'), this.root].forEach((path) => mkdirSync(path));
  }

  /** A new disk with an empty file system. */
  static formatted(kind) {
    const disk = new Disk(kind);
    writeFileSync(disk.image, '');
    truncateSync(disk.image, bytes);
    run(...fileSystems[kind].make, disk.image);
    return disk;
  }

  path(name) {
    return join(this.place, name);
  }

  /** What happened to it. */
  get record() {
    return this.path('record');
  }

  /** Where it is mounted. */
  get root() {
    return this.path('root');
  }

  /** Plugs it in, with changes as `apply` takes them on it, and mounts it: from now on it is recorded. */
  async plug(changes = []) {
    this.program = new Child(recordingDisk(), [this.image, this.record, this.path('fuse'), `${flushMicroseconds}`]);
    plugged.add(this);
    const { line } = await this.program.firstLine();
    if (line !== 'ready') throw new Error(`the recording disk does not start: ${this.program.output}`);
    const file = openSync(this.path('fuse/disk'), 'r+');
    apply(changes, file);
    fsyncSync(file);
    closeSync(file);
    const device = run('losetup', '--find', '--show', this.path('fuse/disk'));
    try {
      // Of two disks with the same id it would take the newer one, and each cut has the id of the first.
      if (this.kind === 'btrfs') run('btrfs', 'device', 'scan', '--forget');
      run('mount', '-t', this.kind, device, this.root);
    } finally {
      run('losetup', '--detach', device);  // Once nobody uses it.
    }
  }

  /** Unmounts it in order and pulls it out. */
  async unplug() {
    run('umount', this.root);
    run('umount', this.path('fuse'));
    await this.program.ended;
    plugged.delete(this);
  }

  /** Pulls it out in whatever state it is. */
  drop() {
    for (const path of [this.root, this.path('fuse')]) try { run('umount', '--lazy', path); } catch { /* It was not mounted. */ }
    this.program.signal('SIGKILL');
    plugged.delete(this);
  }

  /** It is not needed any more. */
  destroy() {
    if (plugged.has(this)) this.drop();
    rmSync(this.place, { recursive: true, force: true });
  }
}

/** Makes changes to an open file: {offset, bytes}, in order. */
export function apply(changes, file) {
  for (const { offset, bytes } of changes) writeSync(file, bytes, 0, bytes.length, offset);
}
