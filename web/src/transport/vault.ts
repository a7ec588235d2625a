/**
 * The login where all tabs read the same at the same time. localStorage is passed on between the processes of a browser a
 * moment late, and in that moment a second tab would use a refresh token again; IndexedDB's transactions have one order.
 * Where there is no IndexedDB (some private windows) localStorage has to do.
 */
import { parseSession, type Session } from '../core/session';

const [database, table, entry] = ['parley', 'login', 'session'];

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(database, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(table);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => reject(asked.error);
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const held = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = held.transaction(table, mode);
      const asked = work(transaction.objectStore(table));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    held.close();
  }
}

/** null: none is kept, or there is no telling. */
export async function vaultRead(): Promise<Session | null> {
  try {
    const text: unknown = await within('readonly', (store) => store.get(entry));
    return parseSession(typeof text === 'string' ? text : null);
  } catch {
    return null;
  }
}

export async function vaultWrite(session: Session | null): Promise<void> {
  try {
    await within<unknown>('readwrite', (store): IDBRequest => (session ? store.put(JSON.stringify(session), entry) : store.delete(entry)));
  } catch {
    // localStorage has it as well.
  }
}
