import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_LIMIT } from './support/browser.js';
import { request } from './support/http-client.js';
import { Playground, type OpenedPage } from './support/playground.js';
import { answer } from './support/provider/steps.js';

describe('the sidebar of the playground', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start();
    playground.provider.always(answer('Fine.'));
  }, INSTALLATION_LIMIT);
  afterAll(() => playground.close());
  afterEach(async () => {
    await opened.close();
    expect(opened.complaints).toEqual([]);
  });

  const asked = () => playground.provider.requests.at(-1)!.body;
  const createSession = async (title: string) => {
    const body = { title };
    return (await request(`${playground.service.url}/api/v1/sessions`, { body })).json();
  };

  it('switches models, and says why one is not available', async () => {
    opened = await playground.open();
    const model = opened.page.getByRole('combobox', { name: 'Model' });
    await model.selectOption('other-model');
    await opened.say('Hi');
    await opened.completed();
    expect(asked().model).toBe('other-model');
    expect(await opened.answers.locator('.facts').innerText()).toMatch(/^other-model/);
    await model.selectOption('keyless-model');
    await opened.page.getByText('Not available: KEYLESS_API_KEY is not set').waitFor();
    // A reload keeps what was chosen.
    await opened.page.reload();
    await opened.page.getByText('Not available: KEYLESS_API_KEY is not set').waitFor();
    expect(await model.inputValue()).toBe('keyless-model');
  });

  it('asks with the settings, and tells what is wrong with them', async () => {
    opened = await playground.open();
    const { page } = opened;
    await page.getByRole('textbox', { name: 'Max tokens' }).fill('0');
    await page.getByText('A whole number from 1.').waitFor();
    await page.getByRole('textbox', { name: 'Max tokens' }).fill('77');
    await page.getByRole('textbox', { name: 'Temperature' }).fill('3');
    await page.getByText('A number from 0 to 2.').waitFor();
    await page.getByRole('textbox', { name: 'Temperature' }).fill('0.5');
    await page.getByRole('textbox', { name: 'Instructions' }).fill('Be brief.');
    await opened.say('Hi');
    await opened.completed();
    expect(asked()).toMatchObject({ max_tokens: 77, temperature: 0.5 });
    expect(asked().messages[0]).toEqual({
      role: 'system',
      content: 'You are a test assistant.\n\nBe brief.',
    });
  });

  it('finds, renames and deletes sessions', async () => {
    const { id } = await createSession('A walrus in spring');
    await createSession('Quarterly figures');
    opened = await playground.open();
    const { page } = opened;
    const list = page.getByRole('region', { name: 'Sessions' });
    await list.getByText('Quarterly figures').waitFor();
    await page.getByRole('searchbox', { name: 'Search sessions' }).fill('walrus');
    await list.getByText('Quarterly figures').waitFor({ state: 'detached' });
    await list.getByRole('link', { name: /A walrus in spring/ }).click();
    await page.waitForURL(`**/?session=${String(id)}`);
    await page.getByRole('heading', { level: 1, name: 'A walrus in spring' }).waitFor();

    await list.getByRole('button', { name: 'Rename A walrus in spring' }).click();
    await page.getByRole('textbox', { name: 'New name' }).fill('A seal in autumn');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'A seal in autumn' }).waitFor();
    const session = `${playground.service.url}/api/v1/sessions/${String(id)}`;
    expect((await request(session)).json()).toMatchObject({ title: 'A seal in autumn' });

    await list.getByRole('link', { name: /A seal in autumn/ }).hover();
    await list.getByRole('button', { name: 'Delete A seal in autumn' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect((await request(session)).status).toBe(200);
    await list.getByRole('button', { name: 'Delete A seal in autumn' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await list.getByRole('link', { name: /A seal in autumn/ }).waitFor({ state: 'detached' });
    expect((await request(session)).status).toBe(404);
    await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
  });

  it('shows more sessions than a page has', async () => {
    for (let at = 0; at < 31; at++) await createSession(`Many ${at}`);
    opened = await playground.open();
    const list = opened.page.getByRole('region', { name: 'Sessions' });
    await list.getByText('Many 30', { exact: true }).waitFor();
    expect(await list.getByText('Many 0', { exact: true }).count()).toBe(0);
    await list.getByRole('button', { name: 'Show more' }).click();
    await list.getByText('Many 0', { exact: true }).waitFor();
  });

  it('tests the connection', async () => {
    opened = await playground.open();
    await opened.page.getByRole('button', { name: 'Test the connection' }).click();
    await opened.page.getByText(/Healthy\. Answered in .* ms; 3 models of 4 available\./).waitFor();
  });

  it('says that the service is away, and that it is back', async () => {
    opened = await playground.open();
    const { page } = opened;
    const test = page.getByRole('button', { name: 'Test the connection' });
    await test.waitFor();
    await page.route('**/health/ready', (route) => route.abort('connectionrefused'));
    await test.click();
    await page.getByText('The service does not answer. Nothing answers at').waitFor();
    const banner = page.getByRole('alert').filter({ hasText: 'The service does not answer.' });
    await page.unroute('**/health/ready');
    await banner.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/Healthy/).waitFor();
    expect(await banner.count()).toBe(0);
    expect(opened.complaints.map(({ text }) => text)).toEqual([
      expect.stringContaining('ERR_CONNECTION_REFUSED'),
    ]);
    (opened.complaints as unknown[]).length = 0;
  });

  it('says that the device is offline', async () => {
    opened = await playground.open();
    await opened.page.context().setOffline(true);
    await opened.page.getByText('This device is offline.').waitFor();
    await opened.page.context().setOffline(false);
    await opened.page.getByText('This device is offline.').waitFor({ state: 'detached' });
  });

  it('is light or dark, as one likes, also after a reload', async () => {
    opened = await playground.open('/', { colorScheme: 'light' });
    const { page } = opened;
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.getByRole('button', { name: /^Colours: as the system/ }).click();
    await page.getByRole('button', { name: /^Colours: light/ }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    await opened.message.waitFor();
    expect(await ground()).toBe(dark);
  });

  it('is a drawer on a phone', async () => {
    opened = await playground.open('/', { viewport: { width: 390, height: 800 } });
    const { page } = opened;
    const model = page.getByRole('combobox', { name: 'Model' });
    expect(await model.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Menu', exact: true }).click();
    await model.waitFor();
    // What lies below cannot be reached.
    await page.locator('.main[inert]').waitFor();
    await page.keyboard.press('Escape');
    await model.waitFor({ state: 'hidden' });
    await page.locator('.main:not([inert])').waitFor();
    const isWider = 'document.documentElement.scrollWidth > innerWidth';
    expect(await page.evaluate(isWider)).toBe(false);
  });

  it('is not troubled by what an earlier visit has left', async () => {
    opened = await playground.open();
    await opened.page.evaluate(`
      localStorage.setItem('agno.model', '"gone-model"');
      localStorage.setItem('agno.streaming', '{"no":"flag"}');
      localStorage.setItem('agno.theme', 'not json');
    `);
    await opened.page.reload();
    await opened.say('Hi');
    await opened.completed();
    expect(asked().model).toBe('test-model');
  });
});
