/** How components follow what changes outside them. */
import { useEffect, useLayoutEffect, useReducer, useState } from 'preact/hooks';

import type { Client } from '../client';
import type { State } from '../core/state';

export function useClient(client: Client): State {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  // As it is drawn, for other effects may come much later, and what changes in between would not be seen.
  useLayoutEffect(() => client.subscribe(() => redraw()), [client]);
  return client.state;
}

/** The time, told again every `ms`: for "last seen 3 min ago". */
export function useNow(ms = 30_000): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}

/** True once `isSo` has been true for `ms`: what is over at once is not worth a word. */
export function useLasting(isSo: boolean, ms: number): boolean {
  const [lasts, set] = useState(false);
  useEffect(() => {
    if (!isSo) return set(false);
    const timer = setTimeout(() => set(true), ms);
    return () => clearTimeout(timer);
  }, [isSo, ms]);
  return isSo && lasts;
}

const moved = 'parley:moved';

/** Whose conversation the address shows. */
export function usePeer(): string | null {
  const [peer, set] = useState(peerInAddress);
  useLayoutEffect(() => {
    const follow = () => set(peerInAddress());
    window.addEventListener('popstate', follow);
    window.addEventListener(moved, follow);
    return () => {
      window.removeEventListener('popstate', follow);
      window.removeEventListener(moved, follow);
    };
  }, []);
  return peer;
}

function peerInAddress(): string | null {
  return /^\/app\/chat\/([0-9a-f]{24})\/?$/.exec(location.pathname)?.[1] ?? null;
}

export const addressOf = (peerId: string | null): string => (peerId ? `/app/chat/${peerId}` : '/app/');

export function go(peerId: string | null): void {
  if (peerInAddress() === peerId) return;
  history.pushState(null, '', addressOf(peerId));
  window.dispatchEvent(new Event(moved));
}

/** For the click on a link: stays on the page unless another tab or window was asked for. */
export function follow(event: MouseEvent, peerId: string | null): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(peerId);
}

/** The arrow keys move between the links of a list. */
export function onArrows(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('a[href]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (!step || at < 0) return;
  event.preventDefault();
  links[at + step]?.focus();
}
