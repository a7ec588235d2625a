/** One conversation: who it is with, what was said, and what is being written. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import type { Client } from '../client';
import { presenceLabel } from '../core/format';
import { nameOf } from '../core/select';
import { emptyChat, type Person, type State } from '../core/state';
import { Avatar } from './avatar';
import { Composer } from './composer';
import { addressOf, follow, useNow } from './hooks';
import { Icon } from './icons';
import { Log } from './log';

interface Props {
  client: Client;
  state: State;
  peer: string;
}

export function Chat({ client, state, peer }: Props): JSX.Element {
  const chat = state.chats[peer] ?? emptyChat(peer);
  const person = state.people[peer];
  useEffect(() => client.show(peer), [client, peer, chat.conversationId]);
  useEffect(() => {
    // A page that was opened at this address: its row may be further down the list.
    if (!person && state.list.isLoaded) client.showMore();
  }, [client, person, state.list]);
  if (!person && state.list.isLoaded && !state.list.cursor && !chat.last) return <Nobody />;
  return (
    <>
      <Head person={person} isTyping={chat.isTyping} isKnown={state.link !== 'offline'} />
      <Log key={peer} client={client} state={state} chat={chat} name={nameOf(person)} />
      <Composer key={`composer-${peer}`} client={client} peer={peer} name={nameOf(person)} />
    </>
  );
}

interface HeadProps {
  person: Person | undefined;
  isTyping: boolean;
  /** Whether there is a connection that tells who is online. */
  isKnown: boolean;
}

function Head({ person, isTyping, isKnown }: HeadProps): JSX.Element {
  const now = useNow();
  return (
    <header class="head">
      <a class="round back" href={addressOf(null)} aria-label="Back to the conversations" onClick={(event) => follow(event, null)}>
        <Icon name="back" />
      </a>
      <Avatar person={person} withPresence={isKnown} />
      <div class="texts">
        <h1 tabIndex={-1}>{nameOf(person)}</h1>
        <p class={isTyping ? 'typing' : ''}>
          {isTyping ? 'typing…' : person && isKnown ? presenceLabel(person.online, person.lastSeen, now) : ''}
        </p>
      </div>
    </header>
  );
}

function Nobody(): JSX.Element {
  return (
    <div class="empty">
      <h1>Not in your list</h1>
      <p>There is no conversation at this address. Find the person by name to begin one.</p>
      <p><a href={addressOf(null)} onClick={(event) => follow(event, null)}>To the conversations</a></p>
    </div>
  );
}
