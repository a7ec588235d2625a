/** Everything behind the login: the list beside the conversation, or one of them on a phone. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Client } from '../client';
import { nameOf, totalUnread } from '../core/select';
import type { State } from '../core/state';
import { Chat } from './chat';
import { go, useClient, useLasting, usePeer } from './hooks';
import { Logo } from './icons';
import { Sidebar } from './sidebar';

export function Room({ client }: { client: Client }): JSX.Element {
  const state = useClient(client);
  const peer = usePeer();
  useTitle(state, peer);
  useViewport();
  useEscape(peer);
  useWayBack(peer);
  const news = useAnnouncement(client);
  return (
    <div class={`room ${peer ? 'shows-chat' : 'shows-list'}`}>
      {peer && <a class="skip" href="#message">To the message field</a>}
      <Sidebar client={client} state={state} peer={peer} />
      <main class="chat">
        <Banner link={state.link} />
        {peer ? <Chat client={client} state={state} peer={peer} /> : <Empty />}
      </main>
      <p class="sr" aria-live="polite">{news}</p>
    </div>
  );
}

function Empty(): JSX.Element {
  return (
    <div class="empty">
      <Logo />
      <h1>Your conversations</h1>
      <p>Choose one from the list, or find somebody by name. Press <kbd>/</kbd> to search.</p>
    </div>
  );
}

function Banner({ link }: { link: State['link'] }): JSX.Element {
  const isDown = useLasting(link === 'offline', 700);
  const isSlow = useLasting(link === 'connecting', 2_500);
  const text = isDown ? 'Reconnecting… What you write is sent when the connection is back.' : isSlow ? 'Connecting…' : '';
  return <div role="status" class={text ? 'banner' : 'none'}>{text && <span class="spinner" />}{text}</div>;
}

function useTitle(state: State, peer: string | null): void {
  const unread = totalUnread(state);
  const where = peer ? `${nameOf(state.people[peer])} · Parley` : 'Parley';
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${where}` : where;
  }, [unread, where]);
}

/** On a phone the keyboard covers the page: the page is as high as what is left. */
function useViewport(): void {
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return;
    const fit = () => {
      document.documentElement.style.setProperty('--height', `${Math.round(view.height)}px`);
      if (view.scale === 1) window.scrollTo(0, 0);
    };
    fit();
    view.addEventListener('resize', fit);
    return () => view.removeEventListener('resize', fit);
  }, []);
}

function useEscape(peer: string | null): void {
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing && peer && !event.defaultPrevented) go(null);
    };
    document.addEventListener('keydown', leave);
    return () => document.removeEventListener('keydown', leave);
  }, [peer]);
}

/** Who leaves a conversation is at its row again. */
function useWayBack(peer: string | null): void {
  const left = useRef(peer);
  useEffect(() => {
    const row = left.current && !peer ? document.querySelector<HTMLElement>(`.row[href$="${left.current}"]`) : null;
    row?.focus();
    left.current = peer;
  }, [peer]);
}

/** New messages, said to those who do not see them. */
function useAnnouncement(client: Client): string {
  const [text, set] = useState('');
  useEffect(() => {
    client.onNews = ({ sender, content }) => set(`${nameOf(client.state.people[sender])}: ${content.slice(0, 200)}`);
    return () => (client.onNews = () => {});
  }, [client]);
  return text;
}
