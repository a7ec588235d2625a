import { render, type JSX } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

import { Client } from './client';
import type { Session } from './core/session';
import { Tokens } from './transport/tokens';
import { addressOf } from './view/hooks';
import { Room } from './view/room';
import { applyTheme } from './view/theme';
import { Welcome } from './view/welcome';

function App(): JSX.Element {
  const [session, setSession] = useState<Session | null>(Tokens.stored);
  const [client, setClient] = useState<Client | null>(null);
  const [notice, setNotice] = useState('');

  useEffect(() => {
    if (!session) return;
    const made = new Client(session);
    made.onEnd = (isKicked) => {
      // Whoever logs in next begins at the list; who was kicked out goes on where they were.
      if (!isKicked) history.replaceState(null, '', addressOf(null));
      setNotice(isKicked ? 'Your login has ended. Please log in again.' : '');
      setClient(null);
      // Another tab may have logged in as somebody else.
      setSession(Tokens.stored());
    };
    made.open();
    setClient(made);
    return () => made.close();
  }, [session]);

  useLayoutEffect(() => {
    if (session) return;
    const look = () => setSession(Tokens.stored());
    window.addEventListener('storage', look);
    return () => window.removeEventListener('storage', look);
  }, [session]);

  if (!session) return <Welcome notice={notice} onSession={setSession} />;
  return client ? <Room client={client} /> : <div class="room" />;
}

applyTheme();
render(<App />, document.getElementById('app')!);
