import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import type { Client } from '../client';
import { Icon } from './icons';

const most = 4096;

/** Where messages are written. Enter sends; on a touch screen it makes a line, and the button sends. */
export function Composer({ client, peer, name }: { client: Client; peer: string; name: string }): JSX.Element {
  const [text, setText] = useState(client.drafts.get(peer) ?? '');
  const field = useRef<HTMLTextAreaElement>(null);
  const length = [...text.trim()].length;
  const isTooLong = length > most;

  useEffect(() => {
    // On a touch screen the keyboard would cover what one came to read.
    const isTouch = matchMedia('(pointer: coarse)').matches;
    (isTouch ? document.querySelector<HTMLElement>('.head h1') : field.current)?.focus();
    return () => client.typing(peer, '');
  }, [client, peer]);
  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = 'auto';
    // scrollHeight leaves the borders out; without them there would be something to scroll.
    box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  }, [text]);

  const write = (value: string) => {
    client.drafts.set(peer, value);
    setText(value);
    client.typing(peer, value);
  };
  const send = () => {
    if (!text.trim() || isTooLong) return;
    client.send(peer, text);
    client.drafts.delete(peer);
    setText('');
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer" onSubmit={(event) => {
      event.preventDefault();
      send();
    }}>
      <div class="box">
        <label for="message" class="sr">Message to {name}</label>
        <textarea ref={field} id="message" rows={1} placeholder="Write a message" value={text} enterkeyhint="send"
          aria-invalid={isTooLong ? 'true' : undefined} onKeyDown={onKeyDown} onInput={(event) => write(event.currentTarget.value)} />
        {length > most - 200 && <span class="count" role="status">{most - length}</span>}
      </div>
      <button class="send" aria-label="Send" disabled={!text.trim() || isTooLong}><Icon name="send" /></button>
    </form>
  );
}
