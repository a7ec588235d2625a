/**
 * One tab at a time. Web Locks exist where the page is secure (HTTPS, localhost); elsewhere a lease in localStorage does,
 * which two tabs could take in the same millisecond, hence the second look.
 */
const lease = 30_000;

export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (navigator.locks) return navigator.locks.request(name, work);
  const key = `${name}.lease`;
  const mine = `${Date.now() + lease} ${Math.random()}`;
  for (;;) {
    const held = localStorage.getItem(key);
    if (!held || Number.parseInt(held, 10) < Date.now()) {
      localStorage.setItem(key, mine);
      await pause(30);
      if (localStorage.getItem(key) === mine) break;
    }
    await pause(60);
  }
  try {
    return await work();
  } finally {
    if (localStorage.getItem(key) === mine) localStorage.removeItem(key);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
