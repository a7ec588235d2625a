/** Waiting with deadlines. A test waits for what should happen, never for time to pass. */

/** Instrumented builds are slow: every deadline here is multiplied by this, and so are the bounds of what is measured. */
export const patience = Number(process.env.PARLEY_TEST_PATIENCE ?? 1);

/** A promise with its resolvers. */
export function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

/** `promise`, or an error that says what was awaited once `ms` (times patience) have passed. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${textOf(what)}: nothing within ${ms * patience} ms`)), ms * patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `check` every `every` ms until it gives something truthy, which is returned. */
export async function until(check, { what = 'condition', ms = 5000, every = 15 } = {}) {
  const end = Date.now() + ms * patience;
  let last;
  for (;;) {
    try {
      const value = await check();
      if (value) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      throw new Error(`${textOf(what)}: not within ${ms * patience} ms${last ? ` (${last.message})` : ''}`);
    }
    await pause(every);
  }
}

/** The time between two tries of something; not a way to wait for a result. */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Calls `work` for 0 … total-1, `together` of them at a time; gives the results. */
export async function inParallel(total, together, work) {
  const results = new Array(total);
  let next = 0;
  const worker = async () => {
    while (next < total) {
      const index = next++;
      results[index] = await work(index);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return results;
}

/** Runs `work` and gives what it took, in milliseconds. */
export async function timed(work) {
  const start = process.hrtime.bigint();
  const value = await work();
  return { value, ms: Number(process.hrtime.bigint() - start) / 1e6 };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function textOf(what) {
  return typeof what === 'function' ? what() : what;
}
