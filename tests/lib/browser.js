/**
 * The browsers that tests run in, as Debian has them. Firefox is no build of Playwright's own, which it patches: it is driven by
 * WebDriver BiDi (`moz-firefox`), as any Firefox can be. Playwright 1.65 asks for more than Firefox ESR 153 has.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe } from 'node:test';

import { chromium, firefox } from 'playwright-core';

const browsers = {
  Chromium: {
    type: chromium,
    paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    options: { args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] },
  },
  Firefox: { type: firefox, paths: ['/usr/bin/firefox-esr', '/usr/bin/firefox'], options: { channel: 'moz-firefox' } },
};

/** The same tests in each browser, or in the one that PARLEY_BROWSER names; `define` is given its name. */
export function inEachBrowser(define) {
  for (const name of Object.keys(browsers)) {
    if ((process.env.PARLEY_BROWSER ?? name) === name) describe(`in ${name}`, () => define(name));
  }
}

/** Starts one; Playwright's Browser. */
export function launch(name) {
  const { type, paths, options } = browsers[name];
  const executablePath = paths.find((path) => existsSync(path));
  assert.ok(executablePath, `${name} is missing: run scripts/install-deps --test`);
  return type.launch({ executablePath, ...options });
}
