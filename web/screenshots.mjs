// Takes the pictures of the README with the tools of tests/web: an afternoon among friends, in both schemes and on a phone.
//   node web/screenshots.mjs docs/images
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { accessToken } from '../tests/lib/tokens.js';
import { Rest } from '../tests/lib/rest.js';
import { log, Place, row } from '../tests/web/place.js';

const folder = process.argv[2];
if (!folder) throw new Error('Where to? node web/screenshots.mjs DIR');
mkdirSync(folder, { recursive: true });

const place = await Place.open();
const password = 'correct horse';

async function person(username, name) {
  const email = `${username}@example.org`;
  const rest = new Rest(place.server.url);
  const { body } = await rest.post('/api/auth/register', { username, email, password });
  const made = { id: body.user._id, username, email, password, rest: rest.as(accessToken(body.user._id)) };
  await made.rest.patch('/api/users/me', { name });
  return made;
}

const say = (from, to, content) => from.rest.post('/api/messages', { receiverId: to.id, content });

/** Lines of a conversation: who says it, and what. */
async function talk(a, b, ...lines) {
  for (const [who, text] of lines) await say(who, who === a ? b : a, text);
}

const [maya, jonas, elif, tom, ines, pavel] = await Promise.all([
  person('maya', 'Maya Lindqvist'), person('jonas', 'Jonas Weber'), person('elif', 'Elif Demir'), person('tom', 'Tom Okafor'),
  person('ines', 'Inês Carvalho'), person('pavel', 'Pavel Novák'),
]);
await talk(maya, pavel, [pavel, 'The boat is back in the water!'], [maya, 'Wonderful. Sunday, then?']);
await talk(maya, ines, [maya, 'Do you still have the tent?'], [ines, 'Yes, and the big lamp too']);
await talk(maya, tom, [tom, 'Slides are in the shared folder'], [tom, 'Could you look at the third one before five?']);
await talk(maya, elif,
  [elif, 'Are we still on for Saturday?'], [maya, 'Of course. Jonas brings the canoe, I bring the food.'],
  [elif, 'I found a place by the lake, and it is quiet even in July:'], [elif, 'https://lake.example.org/north-shore'],
  [maya, 'Oh, that is lovely'], [maya, 'How long is the walk from the station?'],
  [elif, 'Twenty minutes through the wood.\nThe first train is at 8:12, the next one at 9:12.'],
  [maya, '9:12. I need my coffee first.']);
await talk(maya, jonas, [maya, 'Can you pick me up at nine?'], [jonas, 'Sure! The roof rack is ready as well.']);

const sitting = [];
const shoot = (page, name) => page.screenshot({ path: join(folder, name), animations: 'disabled' });

try {
  for (const who of [elif, jonas]) sitting.push(await place.visit(who));
  await sitting[0].getByRole('link').filter({ hasText: 'Maya' }).click();
  const open = async (options) => {
    const page = await place.visit(maya, options);
    await page.getByRole('link').filter({ hasText: 'Elif' }).first().click();
    await log(page).getByText('coffee').waitFor();
    await page.getByRole('img', { name: 'Read', exact: true }).first().waitFor();
    await page.getByRole('main').getByText('online').first().waitFor();
    return page;
  };
  // What she has answered, she has read.
  const before = await place.visit(maya);
  for (const name of ['Pavel', 'Inês', 'Elif']) {
    await row(before, { username: name }).click();
    await row(before, { username: name }).getByText('unread').waitFor({ state: 'detached' });
    await before.getByRole('heading', { name }).waitFor();
  }
  await before.context().close();
  const desk = { viewport: { width: 1080, height: 700 }, deviceScaleFactor: 1.25 };
  const light = await open({ ...desk, colorScheme: 'light' });
  await sitting[0].getByLabel(/^Message to /).pressSequentially('Then');
  await light.getByRole('main').getByText('typing…').waitFor();
  await shoot(light, 'web-light.png');
  const dark = await open({ ...desk, colorScheme: 'dark' });
  await shoot(dark, 'web-dark.png');
  const phone = await open({ viewport: { width: 390, height: 780 }, deviceScaleFactor: 1.5, hasTouch: true, isMobile: true });
  await shoot(phone, 'web-phone.png');
  await phone.getByRole('link', { name: 'Back to the conversations' }).tap();
  await row(phone, { username: 'Jonas' }).waitFor();
  await shoot(phone, 'web-phone-list.png');
  const welcome = await (await place.context({ ...desk })).newPage();
  await welcome.goto(`${place.server.url}/app/`);
  await welcome.getByRole('heading', { name: 'Welcome back' }).waitFor();
  await shoot(welcome, 'web-welcome.png');
} finally {
  await place.close();
}
