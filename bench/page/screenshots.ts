/** Takes the pictures of the playground in `docs/images`: `npm run screenshots`. Look at them. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startBrowser } from '../../test/support/browser.ts';
import { build } from '../prepare.ts';
import { startService } from './service.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMAGES = join(ROOT, 'docs/images');

/** Said before, so that there are sessions to go on with. */
const EARLIER = [
  'How do I deploy it behind nginx?',
  'Which models can I connect?',
  'What is a run?',
  'What happens when the provider fails?',
];

async function open(browser: Browser, path: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ locale: 'en', ...options });
  const page = await context.newPage();
  await page.goto(service.url + path);
  await page.getByRole('textbox', { name: 'Message', exact: true }).waitFor();
  return page;
}

async function ask(page: Page, message: string): Promise<void> {
  const copies = page.getByRole('button', { name: 'Copy the answer' });
  const before = await copies.count();
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill(message);
  await page.keyboard.press('Enter');
  await copies.nth(before).waitFor();
}

async function take(page: Page, name: string): Promise<void> {
  // Two frames: whatever follows the last change has been drawn.
  await page.evaluate(
    'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))',
  );
  await page.screenshot({ path: join(IMAGES, `playground-${name}.png`), animations: 'disabled' });
  console.log(`docs/images/playground-${name}.png`);
}

build(ROOT);
await mkdir(IMAGES, { recursive: true });
const service = await startService({
  MODEL_NAME: 'offline/assistant',
  OFFLINE_WORD_DELAY: '15ms',
});
const browser = await startBrowser();
try {
  for (const message of EARLIER) {
    await fetch(`${service.url}/api/v1/chat`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ message }),
    });
  }
  const desktop = { viewport: { width: 1280, height: 900 } };
  const light = await open(browser, '/', { ...desktop, colorScheme: 'light' });
  await ask(light, 'What can you do?');
  await ask(light, 'What is 17 * 23?');
  await take(light, 'light');
  const { pathname, search } = new URL(light.url());

  const dark = await open(browser, '/', {
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
  });
  await dark.getByRole('button', { name: 'Inspector' }).click();
  await dark
    .getByRole('textbox', { name: 'Message', exact: true })
    .fill('How do I resume a stream?');
  await dark.keyboard.press('Enter');
  await dark.getByRole('row').nth(20).waitFor();
  await dark.getByRole('button', { name: 'Cut the connection' }).click();
  await dark.locator('.event.replayed ~ .event:not(.replayed)').nth(9).waitFor();
  await take(dark, 'dark');

  const phone = await open(browser, pathname + search, {
    viewport: { width: 390, height: 780 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  await phone.getByRole('button', { name: 'Copy the answer' }).nth(1).waitFor();
  await take(phone, 'phone');
} finally {
  await browser.close();
  await service.stop();
}
