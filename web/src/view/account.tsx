/** The own account: who is logged in, dark or light, settings, log out. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Client } from '../client';
import { personOf } from '../core/state';
import { Avatar } from './avatar';
import { Icon } from './icons';
import { Settings } from './settings';
import { setTheme, theme, type Theme } from './theme';

const themes: [Theme, string][] = [['system', 'As the system'], ['light', 'Light'], ['dark', 'Dark']];

export function Account({ client }: { client: Client }): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const [hasSettings, setSettings] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { user } = client;
  const name = user.name || user.username;

  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) => !box.current?.contains(event.target as Node) && setOpen(false);
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    document.addEventListener('keydown', escape, true);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
      document.removeEventListener('keydown', escape, true);
    };
  }, [isOpen]);

  return (
    <div class="account" ref={box}>
      <button ref={button} class="round" aria-expanded={isOpen} aria-controls="account" aria-label={`Account of ${name}`}
        onClick={() => setOpen(!isOpen)}>
        <Avatar person={personOf(user)} />
      </button>
      {isOpen && (
        <div id="account" class="panel">
          <p class="who"><strong>{name}</strong><span>@{user.username}</span></p>
          <Themes />
          <button class="plain-button" onClick={() => {
            setOpen(false);
            setSettings(true);
          }}><Icon name="settings" /> Settings</button>
          <button class="plain-button" onClick={() => void client.logout()}><Icon name="leave" /> Log out</button>
        </div>
      )}
      {hasSettings && <Settings client={client} onClose={() => {
        setSettings(false);
        button.current?.focus();
      }} />}
    </div>
  );
}

function Themes(): JSX.Element {
  const [chosen, set] = useState(theme);
  const choose = (next: Theme) => {
    setTheme(next);
    set(next);
  };
  return (
    <fieldset class="themes">
      <legend>Appearance</legend>
      {themes.map(([value, label]) => (
        <label key={value}>
          <input type="radio" name="theme" value={value} checked={chosen === value} onChange={() => choose(value)} /> {label}
        </label>
      ))}
    </fieldset>
  );
}
