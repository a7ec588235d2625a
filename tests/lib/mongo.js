/**
 * A server that speaks MongoDB's protocol, got from `tests/mongo/server`: mongod, FerretDB, or what MONGO_URI names.
 * Where none can be had, `missing` says why, and tests are skipped with that.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { Child } from './child.js';
import { freePort } from './ports.js';
import { repository, temporaryDirectory } from './server.js';
import { within } from './wait.js';

const runner = join(repository, 'tests/mongo/server');
const cannotBeHad = 77;

let counter = 0;

export class Mongo {
  /** A running server; one with `missing` set when there is none to be had. */
  static async start() {
    const mongo = new Mongo();
    Object.assign(mongo, { directory: temporaryDirectory(), port: await freePort() });
    await mongo.start();
    return mongo;
  }

  /** Whether the server is ours to kill. */
  get isOurs() {
    return !process.env.MONGO_URI;
  }

  get pid() {
    return this.child.pid;
  }

  /** Starts the process on the same port and folder; returns when it has said that it is ready. */
  async start() {
    this.child = new Child(runner, [this.directory, `${this.port}`], { cwd: this.directory });
    // The first start on a machine builds FerretDB.
    const { line, result } = await within(600_000, () => `the MongoDB server\n${this.child.output}`, this.child.firstLine());
    if (line !== undefined) this.address = line;
    else if (result.code === cannotBeHad) this.missing = lastLine(this.child.output) || 'no MongoDB server can be had';
    else throw new Error(`tests/mongo/server ended (${result.code ?? result.signal ?? result.error}): ${this.child.output}`);
  }

  /** The address of a database that nobody has used yet. */
  newDatabase() {
    counter += 1;
    return this.uri(`parley_${process.pid}_${counter}`);
  }

  uri(database) {
    const url = new URL(this.address);
    url.pathname = `/${database}`;
    return url.href;
  }

  async kill() {
    await this.child.kill();
  }

  async restart() {
    await this.kill();
    await this.start();
  }

  /** Accepts connections and answers nothing. */
  pause() {
    this.child.signal('SIGSTOP');
  }

  resume() {
    this.child.signal('SIGCONT');
  }

  async destroy() {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function lastLine(text) {
  return text.trim().split('\n').at(-1);
}
