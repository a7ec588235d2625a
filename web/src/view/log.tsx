/** What was said, oldest at the top. Older messages come as one scrolls up; the end stays in sight while it is. */
import { Fragment, type JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState, type MutableRef } from 'preact/hooks';

import type { Client } from '../client';
import { clock, dayLabel, linkify } from '../core/format';
import { newsOf, type News } from '../core/select';
import { statusOf, type Chat, type Pending, type State } from '../core/state';
import { Icon, Ticks } from './icons';
import { useNow } from './hooks';

/** A line of the log, acknowledged or not. */
interface Line {
  key: string;
  content: string;
  at: number;
  isMine: boolean;
  status: Parameters<typeof Ticks>[0]['status'];
  id?: string;
  pending?: Pending;
}

function linesOf(state: State, chat: Chat): Line[] {
  const said = chat.messages.map((message): Line => ({
    // The line keeps its place in the page when the acknowledgement comes.
    key: message.clientId ?? message._id, id: message._id, content: message.content, at: Date.parse(message.createdAt),
    isMine: message.sender === state.me, status: statusOf(message, chat),
  }));
  const waiting = state.pending.filter((each) => each.peerId === chat.peerId).map((pending): Line => ({
    key: pending.clientId, content: pending.content, at: pending.createdAt, isMine: true, status: pending.state, pending,
  }));
  return [...said, ...waiting];
}

/** What was not read when the conversation was opened; decided with the first page, in the same drawing. */
function useNews(chat: Chat): News | null {
  const unread = useRef(0);
  const news = useRef<News | null>();
  if (news.current === undefined) {
    unread.current = Math.max(unread.current, chat.unread);
    if (chat.history === 'loaded') news.current = newsOf(chat, unread.current);
  }
  return news.current ?? null;
}

interface Props {
  client: Client;
  state: State;
  chat: Chat;
  name: string;
}

export function Log({ client, state, chat, name }: Props): JSX.Element {
  const lines = linesOf(state, chat);
  const news = useNews(chat);
  const { box, end, isAtEnd, toEnd, onScroll } = useScrolling(lines, chat, () => void client.showOlder(chat.peerId));
  useReading(client, chat, end, isAtEnd && state.link === 'online');
  const now = useNow();
  return (
    <div class="log-place">
      <div class="log" ref={box} onScroll={onScroll} tabIndex={0} role="region" aria-label={`Messages with ${name}`}>
        <Beginning client={client} chat={chat} name={name} isEmpty={lines.length === 0} />
        <ol>
          {lines.map((line, index) => {
            const before = lines[index - 1];
            const label = dayLabel(line.at, now);
            const isNewDay = !before || dayLabel(before.at, now) !== label;
            const isNews = line.id !== undefined && line.id === news?.id;
            return (
              <Fragment key={line.key}>
                {isNewDay && <li class="day"><span>{label}</span></li>}
                {isNews && <li class="news"><span>{newsLabel(news!)}</span></li>}
                <Entry client={client} line={line} name={name} isFollowing={!isNewDay && !isNews && follows(before!, line)} />
              </Fragment>
            );
          })}
          {chat.isTyping && (
            <li class="theirs typing-bubble"><span class="bubble"><span class="sr">{name} is typing</span><i /><i /><i /></span></li>
          )}
        </ol>
      </div>
      {!isAtEnd && (
        <button class="round to-end" onClick={() => toEnd(true)} aria-label="To the newest message">
          <Icon name="down" />
          {chat.unread > 0 && <span class="badge">{chat.unread}<span class="sr"> unread</span></span>}
        </button>
      )}
    </div>
  );
}

function newsLabel({ count, isMore }: News): string {
  return isMore ? `${count}+ new messages` : `${count} new ${count === 1 ? 'message' : 'messages'}`;
}

/** Of the same person, soon after: no space between. */
function follows(before: Line, line: Line): boolean {
  return before.isMine === line.isMine && line.at - before.at < 5 * 60_000;
}

function Beginning({ client, chat, name, isEmpty }: { client: Client; chat: Chat; name: string; isEmpty: boolean }): JSX.Element | null {
  if (chat.history === 'failed') {
    return (
      <p class="beginning" role="status">
        The messages could not be loaded. <button class="link" onClick={() => client.show(chat.peerId)}>Try again</button>
      </p>
    );
  }
  if (chat.hasOlder || chat.history === 'loading') return <p class="beginning"><span class="spinner" /><span class="sr">Loading messages</span></p>;
  if (isEmpty) return <p class="beginning">Say hello to {name}.</p>;
  return null;
}

function Entry({ client, line, name, isFollowing }: { client: Client; line: Line; name: string; isFollowing: boolean }): JSX.Element {
  return (
    <li class={`${line.isMine ? 'mine' : 'theirs'} ${isFollowing ? 'follows' : ''}`}>
      <div class={`bubble ${line.status === 'failed' ? 'failed' : ''}`}>
        <span class="sr">{line.isMine ? 'You' : name}: </span>
        <span class="content">
          {linkify(line.content).map(({ text, url }) =>
            url ? <a href={url} target="_blank" rel="noopener noreferrer">{text}</a> : text)}
        </span>
        <span class="meta">
          <time dateTime={new Date(line.at).toISOString()}>{clock(line.at)}</time>
          {line.isMine && <Ticks status={line.status} />}
        </span>
      </div>
      {line.status === 'failed' && (
        <p class="failure">
          <span role="alert">Not sent: {line.pending!.reason}</span>
          <button class="link" onClick={() => client.outbox.retry(line.key)}>Try again</button>
          <button class="link" onClick={() => client.outbox.discard(line.key)}>Delete</button>
        </p>
      )}
    </li>
  );
}

/** So far from the end the last line is in sight as a whole: what is below it is empty. */
const nearEnd = 16;

function useScrolling(lines: Line[], chat: Chat, askOlder: () => void) {
  const box = useRef<HTMLDivElement>(null);
  const end = useRef(true);
  const isOpening = useRef(true);
  const before = useRef({ first: '', last: '', height: 0 });
  const [isAtEnd, setAtEnd] = useState(true);

  const look = () => {
    const it = box.current!;
    end.current = it.scrollHeight - it.scrollTop - it.clientHeight < nearEnd;
    setAtEnd(end.current);
    if (it.scrollTop < 700) askOlder();
  };
  const toEnd = (isSmooth = false) => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    box.current!.scrollTo({ top: box.current!.scrollHeight, behavior: isSmooth && !calm ? 'smooth' : 'auto' });
  };

  const [first, last] = [lines[0]?.key ?? '', lines[lines.length - 1]];
  useLayoutEffect(() => {
    const it = box.current!;
    const was = before.current;
    const isOlder = was.first !== '' && first !== was.first && last?.key === was.last;
    const isOwn = last?.isMine && last.key !== was.last;
    if (isOpening.current) {
      showOpening(it, toEnd);
      isOpening.current = chat.history !== 'loaded';
    } else if (isOlder && !end.current) it.scrollTop += it.scrollHeight - was.height;
    else if (end.current || isOwn) toEnd();
    before.current = { first, last: last?.key ?? '', height: it.scrollHeight };
    look();
  }, [first, last?.key, last?.status, lines.length, chat.isTyping, chat.history]);

  useEffect(() => {
    const watcher = new ResizeObserver(() => {
      if (end.current) toEnd();
    });
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, []);
  return { box, end, isAtEnd, toEnd, onScroll: look };
}

/** When a conversation opens and much is new, its first new message is shown instead of the end. */
function showOpening(box: HTMLElement, toEnd: () => void): void {
  toEnd();
  const news = box.querySelector<HTMLElement>('.news');
  if (news && box.scrollHeight - news.offsetTop > box.clientHeight) box.scrollTop = news.offsetTop - 24;
}

/** What is in sight, in a window that somebody looks at, is read. */
function useReading(client: Client, chat: Chat, end: MutableRef<boolean>, isReady: boolean): void {
  useEffect(() => {
    const look = () => {
      // Where the log stands now, and not where it stood when it was drawn last; nowhere while it was drawn without messages,
      // though they may have come since.
      if (chat.history === 'loaded' && end.current && document.visibilityState === 'visible' && document.hasFocus()) void client.look(chat.peerId);
    };
    look();
    window.addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      window.removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [client, chat, end, isReady]);
}
