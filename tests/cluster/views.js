/** What nodes show of everything, once it is quiet, and where they differ. */
import { readBack } from '../recovery/crowd.js';
import { until } from '../lib/wait.js';
import { at } from './setup.js';

/**
 * {stored, unread} as all nodes show it. The last receipts may be under way, and a node trusts for a moment what it knows
 * of people who are not connected to it: so it is read again until all agree, and the last differences are the error.
 */
export function agreedView(cluster, persons, ms) {
  return until(async () => {
    const views = [];
    for (const node of cluster.nodes) views.push(await readBack(persons.map((who) => at(node, who))));
    const found = views.slice(1).flatMap((view, index) => differences(views[0], view).map((text) => `nodes 0 and ${index + 1}: ${text}`));
    if (found.length > 0) throw new Error(found.slice(0, 20).join('\n'));
    return views[0];
  }, { what: 'all nodes show the same', ms, every: 500 });
}

/** Where two views differ, as sentences. */
export function differences(one, other) {
  const found = [];
  for (const id of new Set([...one.stored.keys(), ...other.stored.keys()])) {
    const [left, right] = [one.stored.get(id) ?? [], other.stored.get(id) ?? []];
    for (let place = 0; place < Math.max(left.length, right.length); place += 1) found.push(...unlike(`${id} place ${place}`, left[place] ?? {}, right[place] ?? {}));
  }
  for (const user of new Set([...one.unread.keys(), ...other.unread.keys()])) {
    const [left, right] = [one, other].map((view) => Object.fromEntries(view.unread.get(user) ?? []));
    found.push(...unlike(`unread of ${user}`, left, right));
  }
  return found;
}

function unlike(what, left, right) {
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].filter((key) => left[key] !== right[key]).map((key) => `${what}: ${key} ${left[key]} and ${right[key]}`);
}
