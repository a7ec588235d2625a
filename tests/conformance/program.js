/** Starts a program of examples/ on a port that the system chooses, and ends it by its own process id. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Starvation } from '../lib/starvation.js';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const folder = resolve(process.env.PARLEY_BUILD ?? join(repository, 'build/release'), 'examples');

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Program {
  static async start(name, ...options) {
    const program = new Program();
    const child = spawn(join(folder, name), ['--port', '0', ...options.map(String)], { stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    program.child = child;
    program.ended = new Promise((done) => child.once('exit', (code, signal) => {
      running.delete(child);
      done({ code, signal });
    }));
    program.port = await new Promise((found, fail) => {
      let text = '';
      child.once('error', fail);
      child.once('exit', () => fail(new Error(`${name} ended: ${text}`)));
      child.stdout.on('data', (bytes) => {
        text += bytes;
        const port = /listening on port (\d+)/.exec(text);
        if (port) found(Number(port[1]));
      });
    });
    return program;
  }

  /** SIGTERM; gives {code, signal}. */
  async stop() {
    this.child.kill('SIGTERM');
    return this.ended;
  }
}

/** Calls `work`: it takes more than `least` ms and less than `most`, besides what a busy machine keeps us or the server waiting. */
async function takes(server, { least = 0, most }, work) {
  const starvation = new Starvation([server.child.pid]);
  const began = performance.now();
  try {
    await work();
    const ms = performance.now() - began;
    assert.ok(ms > least && ms < most + starvation.ms, `${ms} ms`);
  } finally {
    starvation.stop();
  }
}

/** The server for these tests, with a number of shards: `forEachServer(hooks, (port, takes) => { test(…port()…) })`. */
export function forEachServer(hooks, body) {
  for (const shards of [1, 2]) {
    hooks.describe(`${shards} shard${shards > 1 ? 's' : ''}`, () => {
      let program;
      hooks.before(async () => { program = await Program.start('conformance', '--shards', shards); });
      hooks.after(() => program.stop());
      body(() => program.port, (bounds, work) => takes(program, bounds, work));
    });
  }
}
