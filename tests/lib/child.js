/** Processes that tests start: what they wrote, how they ended, and an end for all of them with the tests. */
import { spawn } from 'node:child_process';

import { deferred } from './wait.js';

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export class Child {
  /** @param options {cwd, env} as spawn takes them */
  constructor(command, args, options = {}) {
    this.output = '';
    this.stdout = '';
    this.waiting = new Set();
    const ended = deferred();
    this.ended = ended.promise;
    const process = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process = process;
    running.add(process);
    process.stdout.on('data', (bytes) => this.keep(bytes, 'stdout'));
    process.stderr.on('data', (bytes) => this.keep(bytes));
    process.once('error', (error) => this.finish(ended, { code: null, signal: null, error }));
    process.once('exit', (code, signal) => this.finish(ended, { code, signal }));
  }

  get pid() {
    return this.process.pid;
  }

  get isRunning() {
    return this.result === undefined;
  }

  /** The first line of standard output, or how the process ended before it wrote one. */
  async firstLine() {
    for (;;) {
      const end = this.stdout.indexOf('\n');
      if (end >= 0) return { line: this.stdout.slice(0, end).trim() };
      if (!this.isRunning) return { result: this.result };
      const news = deferred();
      this.waiting.add(news.resolve);
      await news.promise;
    }
  }

  /** Sends a signal; does nothing when the process has ended. */
  signal(name) {
    if (this.isRunning) this.process.kill(name);
  }

  /** SIGKILL; returns when the process is gone. */
  async kill() {
    this.signal('SIGKILL');
    return this.ended;
  }

  /** The tests may end while it runs; it ends with them. */
  unref() {
    this.process.unref();
    for (const stream of [this.process.stdout, this.process.stderr]) stream.unref();
  }

  keep(bytes, stream) {
    const text = bytes.toString();
    if (stream && this.stdout.length < 10_000) this.stdout += text;
    this.output = (this.output + text).slice(-20_000);
    this.wake();
  }

  finish(ended, result) {
    running.delete(this.process);
    this.result = result;
    ended.resolve(result);
    this.wake();
  }

  wake() {
    const waiting = [...this.waiting];
    this.waiting.clear();
    waiting.forEach((resolve) => resolve());
  }
}
