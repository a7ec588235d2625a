import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { hue, initials } from '../core/format';
import { nameOf } from '../core/select';
import type { Person } from '../core/state';

/** Stands for somebody; says nothing that the name beside it does not, but that they are online. */
export function Avatar({ person, withPresence = false }: { person: Person | undefined; withPresence?: boolean }): JSX.Element {
  const name = nameOf(person);
  const picture = ownPicture(person?.avatar);
  const [failed, setFailed] = useState('');
  return (
    <span class={`avatar hue-${hue(person?.id ?? '', 8)}`}>
      {picture && failed !== picture
        ? <img src={picture} alt="" onError={() => setFailed(picture)} />
        : <span aria-hidden="true">{initials(name)}</span>}
      {withPresence && person?.online && <span class="dot"><span class="sr">online</span></span>}
    </span>
  );
}

/**
 * A picture that this server's own address has. One from elsewhere would tell its owner who looks at it, and when; the page's
 * policy (img-src 'self') does not let it in either.
 */
function ownPicture(address: string | undefined): string | null {
  if (!address) return null;
  try {
    const { origin, href } = new URL(address);
    return origin === location.origin ? href : null;
  } catch {
    return null;
  }
}
