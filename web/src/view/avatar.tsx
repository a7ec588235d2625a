import type { JSX } from 'preact';

import { hue, initials } from '../core/format';
import { nameOf } from '../core/select';
import type { Person } from '../core/state';

/** Stands for somebody; says nothing that the name beside it does not, but that they are online. */
export function Avatar({ person, withPresence = false }: { person: Person | undefined; withPresence?: boolean }): JSX.Element {
  const name = nameOf(person);
  return (
    <span class={`avatar hue-${hue(person?.id ?? '', 8)}`}>
      <span aria-hidden="true">{initials(name)}</span>
      {withPresence && person?.online && <span class="dot"><span class="sr">online</span></span>}
    </span>
  );
}
