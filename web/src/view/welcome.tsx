/** Log in, register, or ask for a link to a new password. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Session } from '../core/session';
import { ask } from '../transport/call';
import { Problem } from '../transport/problem';
import { Tokens } from '../transport/tokens';
import { Field, useSending } from './field';
import { Logo } from './icons';

type Mode = 'login' | 'register' | 'forgot';

const texts: Record<Mode, { title: string; button: string; lead: string }> = {
  login: { title: 'Welcome back', button: 'Log in', lead: 'Log in to go on with your conversations.' },
  register: { title: 'Create an account', button: 'Create account', lead: 'A name that others find you by, and you are in.' },
  forgot: { title: 'A new password', button: 'Send the link', lead: 'We send a link to your address. It is good for an hour.' },
};

interface Props {
  notice: string;
  onSession(session: Session): void;
}

export function Welcome({ notice, onSession }: Props): JSX.Element {
  const [mode, setMode] = useState<Mode>('login');
  const [said, setSaid] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${texts[mode].title} · Parley`;
    if (!isFirst.current) heading.current?.focus();
    isFirst.current = false;
  }, [mode]);
  const turn = (to: Mode) => {
    setSaid('');
    setMode(to);
  };
  return (
    <main class="welcome">
      <div class="card">
        <p class="brand"><Logo /> Parley</p>
        <h1 ref={heading} tabIndex={-1}>{texts[mode].title}</h1>
        <p class="lead">{texts[mode].lead}</p>
        <p role="status" class={said || notice ? 'notice' : 'none'}>{said || notice}</p>
        <Form key={mode} mode={mode} onSession={onSession} onSaid={(text) => {
          setMode('login');
          setSaid(text);
        }} />
        <Turns mode={mode} turn={turn} />
      </div>
    </main>
  );
}

function Turns({ mode, turn }: { mode: Mode; turn(to: Mode): void }): JSX.Element {
  const to = (target: Mode, text: string) => (
    <button type="button" class="link" onClick={() => turn(target)}>{text}</button>
  );
  if (mode === 'login') {
    return <p class="turns">{to('register', 'Create an account')} {to('forgot', 'Forgot your password?')}</p>;
  }
  return <p class="turns">{to('login', 'Back to the login')}</p>;
}

interface FormProps {
  mode: Mode;
  onSession(session: Session): void;
  onSaid(text: string): void;
}

function Form({ mode, onSession, onSaid }: FormProps): JSX.Element {
  const { form, isBusy, submit, fault, problem } = useSending((values) => act(mode, values, { onSession, onSaid }));
  return (
    <form ref={form} onSubmit={submit} noValidate={false}>
      {mode === 'register' && (
        <Field name="username" label="Username" autocomplete="username" fault={fault('username')} />
      )}
      <Field name="email" label="E-mail" type="email" autocomplete="email" fault={fault('email')} />
      {mode !== 'forgot' && (
        <Field name="password" label="Password" type="password" fault={fault('password')}
          autocomplete={mode === 'register' ? 'new-password' : 'current-password'} />
      )}
      <p role="alert" class="problem">{problem}</p>
      <button class="primary" disabled={isBusy} aria-busy={isBusy}>{texts[mode].button}</button>
    </form>
  );
}

async function act(mode: Mode, values: Record<string, string>, { onSession, onSaid }: Omit<FormProps, 'mode'>): Promise<void> {
  const { username = '', email = '', password = '' } = values;
  if (mode === 'forgot') {
    await ask('/api/auth/password/forgot', { body: { email } });
    return onSaid('If there is an account with this address, the link is on its way.');
  }
  if (mode === 'register') await ask('/api/auth/register', { body: { username: username.trim(), email, password } });
  try {
    onSession(await Tokens.login(email, password));
  } catch (error) {
    // The account is there, but its address has to be verified first.
    if (mode === 'register' && error instanceof Problem && error.status === 403) {
      return onSaid(`We have sent a mail to ${email}. Open the link in it, then log in.`);
    }
    throw error;
  }
}
