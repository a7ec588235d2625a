/** The list of conversations, the search for people, and the own account. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Client } from '../client';
import { shortTime } from '../core/format';
import { nameOf, rows, type Row } from '../core/select';
import { personOf, type State } from '../core/state';
import type { User } from '../core/wire';
import { Account } from './account';
import { Avatar } from './avatar';
import { addressOf, follow, onArrows, useNow } from './hooks';
import { Icon, Logo, Ticks } from './icons';

interface Props {
  client: Client;
  state: State;
  peer: string | null;
}

/** Whom a search has found; null while it is under way. */
type Answer = User[] | 'failed' | null;

export function Sidebar({ client, state, peer }: Props): JSX.Element {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Answer>(null);
  // Names are shown with an @ before them.
  const query = text.trim().replace(/^@/, '');
  useEffect(() => {
    setFound(null);
    if (!query) return;
    let isStale = false;
    const timer = setTimeout(() => {
      const set = (answer: Answer) => !isStale && setFound(answer);
      client.search(query).then(set, () => set('failed'));
    }, 180);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [client, query]);
  return (
    <nav class="sidebar" aria-label="Conversations">
      <header>
        <p class="brand"><Logo /> Parley</p>
        <Account client={client} />
      </header>
      <Search text={text} setText={setText} />
      {query
        ? <Found client={client} state={state} query={query} found={found} done={() => setText('')} />
        : <List client={client} state={state} peer={peer} />}
    </nav>
  );
}

function Search({ text, setText }: { text: string; setText(text: string): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const shortcut = (event: KeyboardEvent) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as HTMLElement).tagName);
      const isAsked = (event.key === '/' && !isTyping) || (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey));
      if (!isAsked) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', shortcut);
    return () => document.removeEventListener('keydown', shortcut);
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setText('');
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    input.current?.closest('nav')?.querySelector<HTMLElement>('ul a[href]')?.focus();
  };
  return (
    <div class="search" role="search">
      <label for="search" class="sr">Find people</label>
      <Icon name="search" />
      <input ref={input} id="search" type="search" placeholder="Find people" autocomplete="off" autocapitalize="none"
        spellcheck={false} value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKeyDown} />
    </div>
  );
}

interface FoundProps {
  client: Client;
  state: State;
  query: string;
  found: Answer;
  done(): void;
}

/** People whose names begin so, and people of the list whose names hold it. */
function Found({ client, state, query, found, done }: FoundProps): JSX.Element {
  const listed = Object.values(state.people).filter((person) =>
    state.chats[person.id]?.last && [nameOf(person), person.username].some((name) => holds(name, query)));
  const ids = new Set(listed.map((person) => person.id));
  const all = Array.isArray(found) ? found : [];
  const me = client.user._id;
  const others = all.filter((user) => user._id !== me && !ids.has(user._id));
  const users = [...listed.map(({ id, username, name }) => ({ _id: id, username, ...(name && { name }) })), ...others];
  const open = (event: MouseEvent, user: User) => {
    client.meet(user);
    follow(event, user._id);
    if (event.defaultPrevented) done();
  };
  return (
    <>
      <p class="hint" role="status">
        {hint(query, found, users.length, all.some((user) => user._id === me))}
      </p>
      <ul class="rows" onKeyDown={onArrows}>
        {users.map((user) => {
          const person = state.people[user._id] ?? personOf(user);
          return (
            <li key={user._id}>
              <a class="row" href={addressOf(user._id)} onClick={(event) => open(event, user)}>
                <Avatar person={person} withPresence={state.link !== 'offline'} />
                <span class="texts">
                  <span class="name">{user.name || user.username}</span>
                  <span class="preview">@{user.username}</span>
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </>
  );
}

const holds = (name: string, part: string): boolean => name.toLocaleLowerCase().includes(part.toLocaleLowerCase());

function hint(query: string, found: Answer, count: number, isMe: boolean): string {
  if (count > 0) return `${count} found`;
  if (found === null) return 'Searching…';
  if (found === 'failed') return 'The search had no answer. Check your connection and try again.';
  return isMe ? `That is you. Nobody else’s name begins with “${query}”.` : `Nobody’s name begins with “${query}”.`;
}

function List({ client, state, peer }: Props): JSX.Element {
  const now = useNow();
  const list = rows(state);
  const onScroll = (event: Event) => {
    const box = event.currentTarget as HTMLElement;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 400) client.showMore();
  };
  if (list.length === 0) {
    return (
      <p class="hint" role="status">
        {state.list.isLoaded ? 'No conversations yet. Find somebody above and say hello.' : 'Loading conversations…'}
      </p>
    );
  }
  return (
    <ul class="rows" onScroll={onScroll} onKeyDown={onArrows}>
      {list.map((row) => <Entry key={row.chat.peerId} row={row} now={now} isOpen={row.chat.peerId === peer} isKnown={state.link !== 'offline'} />)}
    </ul>
  );
}

interface EntryProps {
  row: Row;
  now: number;
  isOpen: boolean;
  isKnown: boolean;
}

function Entry({ row: { chat, person, preview }, now, isOpen, isKnown }: EntryProps): JSX.Element {
  const unread = chat.unread > 0 && !isOpen ? chat.unread : 0;
  return (
    <li>
      <a class={`row ${unread ? 'unread' : ''}`} href={addressOf(chat.peerId)} aria-current={isOpen ? 'page' : undefined}
        onClick={(event) => follow(event, chat.peerId)}>
        <Avatar person={person} withPresence={isKnown} />
        <span class="texts">
          <span class="top">
            <span class="name">{nameOf(person)}</span>
            <time dateTime={new Date(preview.at).toISOString()}>{shortTime(preview.at, now)}</time>
          </span>
          <span class="bottom">
            <span class={`preview ${chat.isTyping ? 'typing' : ''}`}>
              {chat.isTyping
                ? 'typing…'
                : <>{preview.status && <Ticks status={preview.status} />}{preview.isMine && <span class="sr">You: </span>}{preview.content}</>}
            </span>
            {unread > 0 && <span class="badge">{unread > 99 ? '99+' : unread}<span class="sr"> unread</span></span>}
          </span>
        </span>
      </a>
    </li>
  );
}
