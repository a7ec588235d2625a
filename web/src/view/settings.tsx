/** The settings of the own account: name, mail, password, devices, and its end. */
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Client } from '../client';
import { shortTime } from '../core/format';
import type { Login, Own } from '../core/wire';
import { Field, useSending, type Sending } from './field';
import { useNow } from './hooks';
import { Icon } from './icons';

export function Settings({ client, onClose }: { client: Client; onClose(): void }): JSX.Element {
  const box = useRef<HTMLDialogElement>(null);
  const [own, setOwn] = useState<Own | null>(null);
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    box.current!.showModal();
    client.account.me().then(setOwn, () => setMissing(true));
  }, [client]);
  return (
    <dialog ref={box} class="settings" aria-labelledby="settings" onClose={onClose} onKeyDown={(event) => event.stopPropagation()}>
      <header>
        <h1 id="settings">Settings</h1>
        <button class="round" aria-label="Close the settings" onClick={() => box.current!.close()}><Icon name="close" /></button>
      </header>
      {isMissing && <p role="alert" class="problem">Your account could not be loaded. Close the settings and try again.</p>}
      {own && <Profile client={client} own={own} />}
      {own && <Password client={client} own={own} />}
      <Devices client={client} />
      <Deletion client={client} />
    </dialog>
  );
}

interface FormProps {
  title: string;
  button: string;
  sending: Sending;
  said: string;
  isGrave?: boolean;
  children: ComponentChildren;
}

function Form({ title, button, sending, said, isGrave = false, children }: FormProps): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      <form ref={sending.form} onSubmit={sending.submit} aria-label={title}>
        {children}
        <p role="alert" class="problem">{sending.problem}</p>
        <button class={isGrave ? 'primary grave' : 'primary'} disabled={sending.isBusy} aria-busy={sending.isBusy}>{button}</button>
        <p role="status" class={said ? 'notice' : 'none'}>{said}</p>
      </form>
    </section>
  );
}

function Profile({ client, own }: { client: Client; own: Own }): JSX.Element {
  const [said, setSaid] = useState('');
  const sending = useSending(async ({ name = '', mails }) => {
    setSaid('');
    client.renamed(await client.account.save({ name: name.trim(), emailNotifications: mails === 'on' }));
    setSaid('Saved.');
  });
  return (
    <Form title="You" button="Save" sending={sending} said={said}>
      <p class="lead">@{own.username}, {own.email}</p>
      <Field name="name" label="Name" autocomplete="name" value={own.name ?? ''} isOptional fault={sending.fault('name')} />
      <label class="choice"><input type="checkbox" name="mails" defaultChecked={own.emailNotifications} /> Mail me when messages wait for me</label>
    </Form>
  );
}

function Password({ client, own }: { client: Client; own: Own }): JSX.Element {
  const [said, setSaid] = useState('');
  const sending = useSending(async ({ currentPassword = '', newPassword = '' }) => {
    setSaid('');
    await client.account.changePassword(currentPassword, newPassword);
    sending.form.current!.reset();
    setSaid('The password is changed, and your other devices are logged out.');
  });
  return (
    <Form title="Password" button="Change the password" sending={sending} said={said}>
      <input class="none" type="text" name="username" autocomplete="username" defaultValue={own.email} tabIndex={-1} aria-hidden="true" />
      <Field name="currentPassword" label="Password now" type="password" autocomplete="current-password" fault={sending.fault('currentPassword')} />
      <Field name="newPassword" label="New password" type="password" autocomplete="new-password" fault={sending.fault('newPassword')} />
    </Form>
  );
}

function Devices({ client }: { client: Client }): JSX.Element {
  const [logins, setLogins] = useState<Login[]>([]);
  const [said, setSaid] = useState('');
  const now = useNow();
  const load = () => client.account.logins().then(setLogins, () => setSaid('Your devices could not be loaded.'));
  useEffect(() => void load(), [client]);
  const end = async (id: string) => {
    try {
      await client.account.endLogin(id);
      setSaid('That device is logged out.');
    } catch {
      setSaid('That device could not be logged out.');
    }
    await load();
  };
  return (
    <section>
      <h2>Devices</h2>
      <ul class="logins" aria-label="Devices">
        {logins.map(({ _id, createdAt, lastUsedAt, current }) => {
          const used = `Logged in ${shortTime(Date.parse(createdAt), now)}, last used ${shortTime(Date.parse(lastUsedAt ?? createdAt), now)}`;
          return (
            <li key={_id}>
              <span>{used}</span>
              {current ? <strong>This device</strong> : <button class="link" aria-label={`Log out: ${used}`} onClick={() => void end(_id)}>Log out</button>}
            </li>
          );
        })}
      </ul>
      <p role="status" class={said ? 'notice' : 'none'}>{said}</p>
    </section>
  );
}

function Deletion({ client }: { client: Client }): JSX.Element {
  const sending = useSending(async ({ password = '' }) => {
    await client.account.delete(password);
    await client.logout();
  });
  return (
    <Form title="Delete the account" button="Delete my account for ever" sending={sending} said="" isGrave>
      <p class="lead">Your name, address and settings are gone for ever. What you wrote stays with those who got it.</p>
      <Field name="password" label="Password to confirm" type="password" autocomplete="current-password" fault={sending.fault('password')} />
    </Form>
  );
}
