/** A server, a browser, and people in it: each has a context of their own, as on a machine of their own. */
import { launch } from '../lib/browser.js';
import { person } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { patience } from '../lib/wait.js';

/** Playwright waits for what is expected this long; a busy machine needs it. */
const waiting = 15_000 * patience;

export class Place {
  contexts = [];

  static async open(browser = 'Chromium', env = {}) {
    const place = new Place();
    place.server = await Server.start({ env });
    place.browser = await launch(browser);
    return place;
  }

  async close() {
    await this.browser?.close();
    await this.server?.destroy();
  }

  /** Closes every browser of somebody's own; gives what was wrong in them. */
  async leave() {
    const all = this.contexts.splice(0);
    const faults = all.flatMap((context) => context.faults);
    await Promise.all(all.map((context) => context.close()));
    return faults;
  }

  /** Somebody registered; they have no page yet. */
  person(prefix) {
    return person(this.server, prefix);
  }

  /** A browser of somebody's own. What is wrong in any of its pages is in `faults`. */
  async context(options = {}) {
    const context = await this.browser.newContext({ locale: 'en-GB', timezoneId: 'UTC', viewport: { width: 1180, height: 760 }, ...options });
    context.setDefaultTimeout(waiting);
    context.faults = [];
    this.contexts.push(context);
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`securitypolicyviolation: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('page', (page) => watch(page, context.faults, this.server));
    return context;
  }

  /** One at a time: Firefox now and then fails to open a window while it opens another one. */
  newPage(context) {
    const opening = (this.opening ?? Promise.resolve()).then(() => context.newPage());
    this.opening = opening.catch(() => {});
    return opening;
  }

  /** A page where `who` has logged in by the form. */
  async visit(who, options = {}) {
    const context = options.context ?? (await this.context(options));
    const page = await this.newPage(context);
    await page.goto(this.server.url + (options.path ?? '/app/'));
    if (!options.isLoggedIn) await logIn(page, who);
    await page.getByRole('navigation', { name: 'Conversations' }).waitFor({ state: 'attached' });
    return page;
  }
}

export async function logIn(page, who) {
  await page.getByLabel('E-mail').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** What Firefox says of a WebSocket as if it were an uncaught error; Chromium writes it to the console. */
const isLostConnection = /^(Firefox can’t establish a connection to the server at|The connection to) ws:\/\/127\.0\.0\.1:/;

/** Requests to anywhere else, violations of the policy and uncaught errors are faults. */
function watch(page, faults, server) {
  page.on('pageerror', (error) => {
    if (!isLostConnection.test(error.message)) faults.push(`uncaught: ${error.stack ?? error}`);
  });
  page.on('console', (message) => {
    if (/securitypolicyviolation|Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) faults.push(`request to ${request.url()}`);
  });
}

/** The log of the open conversation. */
export const log = (page) => page.getByRole('region', { name: /^Messages with / });

/** The bubble of a message. */
export const bubble = (page, text) => log(page).getByRole('listitem').filter({ hasText: text });

/** Its tick. */
export const tick = (page, text, name) => bubble(page, text).getByRole('img', { name, exact: true });

/** The row of somebody in the list. */
export const row = (page, who) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('link').filter({ hasText: who.username });

export async function write(page, text) {
  await page.getByLabel(/^Message to /).fill(text);
  await page.getByLabel(/^Message to /).press('Enter');
}

/** Puts text into the message field all at once; what is filled in Firefox is typed, and a new line sends. */
export async function paste(page, text) {
  await page.getByLabel(/^Message to /).focus();
  await page.evaluate((pasted) => document.execCommand('insertText', false, pasted), text);
}

/** Finds somebody by name and opens the conversation. */
export async function find(page, who) {
  await page.getByLabel('Find people').fill(who.username.slice(0, -1));
  await row(page, who).click();
  await page.getByRole('heading', { level: 1, name: who.username }).waitFor();
}

/** The messages in sight of the log, in their order. */
export async function said(page) {
  return log(page).locator('.content').allTextContents();
}
