/** Our own icons, drawn with strokes on 24 × 24. */
import type { JSX } from 'preact';

const paths = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4.500 12h8M5 4.500l15.500 7.500L5 19.500l2-7.500z',
  search: 'M10.500 4a6.500 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.300 15.300L20 20',
  down: 'M6 9.500l6 6 6-6',
  close: 'M6 6l12 12M18 6L6 18',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.300l2.800 1.7',
  alert: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v5M12 15.900v.1',
  leave: 'M14 5H6v14h8M10.500 12H20M16.500 8.500L20 12l-3.5 3.5',
  chats: 'M4 7.500A2.500 2.5 0 0 1 6.5 5h8A2.500 2.5 0 0 1 17 7.500v4a2.500 2.5 0 0 1-2.5 2.500H9l-3.5 3v-3.100A2.500 2.5 0 0 1 4 11.500zM19.500 9.500a2.500 2.5 0 0 1 1 2v3a2.500 2.5 0 0 1-1 2v3l-3.3-2.700H12',
  settings: 'M4 7.500h9M18 7.500h2M15.500 5v5M4 16.500h2M11 16.500h9M8.500 14v5',
  dots: 'M12 6v.1M12 12v.1M12 18v.1',
} as const;

export function Icon({ name, label }: { name: keyof typeof paths; label?: string }): JSX.Element {
  const naming = label ? { role: 'img' as const, 'aria-label': label } : { 'aria-hidden': true };
  return (
    <svg class="icon" viewBox="0 0 24 24" {...naming}>
      <path d={paths[name]} />
    </svg>
  );
}

const marks = {
  waiting: ['M10 4.500a5.500 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM10 7.200V10.300l2 1.2', 'Waiting to be sent'],
  sending: ['M10 4.500a5.500 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM10 7.200V10.300l2 1.2', 'Sending'],
  failed: ['M10 4.500a5.500 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM10 7.200v3.400M10 12.800v.1', 'Not sent'],
  sent: ['M5 10.500l3.500 3.500L15.500 6', 'Sent'],
  delivered: ['M1.500 10.500L5 14l7-8M8.500 13.500l.5.5 7-8', 'Delivered'],
  read: ['M1.500 10.500L5 14l7-8M8.500 13.500l.5.5 7-8', 'Read'],
} as const;

/** How far a message of mine has come; told apart by shape and name as well as by colour. */
export function Ticks({ status }: { status: keyof typeof marks }): JSX.Element {
  const [path, label] = marks[status];
  return (
    <svg class={`ticks ${status}`} viewBox="0 0 18 20" role="img" aria-label={label}>
      <title>{label}</title>
      <path d={path} />
    </svg>
  );
}

/** The two speech bubbles of icon.svg, in the page's colours. */
export function Logo(): JSX.Element {
  return (
    <svg class="logo" viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="18" class="ground" />
      <path class="front" d="M14 20a8 8 0 0 1 8-8h14a8 8 0 0 1 8 8v8a8 8 0 0 1-8 8H25l-8 7v-8.500A8 8 0 0 1 14 28z" />
      <path class="rear" d="M48 24a8 8 0 0 1 3 6.200V38a8 8 0 0 1-3 6.200V52l-8-7H31a8 8 0 0 1-6.6-3.500L26 40h10a12 12 0 0 0 12-12z" />
    </svg>
  );
}
