import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_LIMIT } from './support/browser.js';
import { openStream } from './support/http-client.js';
import { Playground, type OpenedPage } from './support/playground.js';
import { answer, done, finish, role, text, usage } from './support/provider/steps.js';

const run = promisify(execFile);

describe('the inspector of the playground', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start();
  }, INSTALLATION_LIMIT);
  afterAll(() => playground.close());
  afterEach(async () => {
    await opened.close();
    expect(opened.complaints).toEqual([]);
  });

  async function openInspector(): Promise<void> {
    opened = await playground.open();
    await opened.page.getByRole('button', { name: 'Inspector', exact: true }).click();
    await opened.page.getByText('Send a message to see what goes over the wire.').waitFor();
  }
  const tab = (name: string) => opened.page.getByRole('tab', { name }).click();
  const rows = () => opened.page.getByRole('row');
  const runId = async () => {
    await tab('Request');
    const headers = await opened.page.locator('.headers').last().innerText();
    return /x-run-id\s+([0-9a-f-]{36})/.exec(headers)![1]!;
  };

  it('shows each event with its position, its size and the very bytes of its data', async () => {
    playground.provider.reply([role(), text('Hel', 'lo \u{1f600}'), finish(), usage(), done()]);
    await openInspector();
    await opened.say('Hi');
    await opened.completed();
    const shown = await Promise.all(
      (await rows().all()).map(async (row) => ({
        id: await row.getByRole('cell').first().innerText(),
        bytes: await row.getByRole('cell').nth(3).innerText(),
        data: await row.getByRole('button').innerText(),
      })),
    );
    const stream = await openStream(
      `${playground.service.url}/api/v1/runs/${await runId()}/stream`,
    );
    await stream.ended;
    const sent = stream.events.map(({ id, data }) => ({
      id: String(id),
      bytes: `${`id: ${id}\ndata: ${data}\n\n`.length} B`,
      data,
    }));
    expect(shown).toEqual(sent);
    expect(shown.length).toBeGreaterThanOrEqual(2);
  });

  it('cuts the connection, and shows how the answer goes on without a gap', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([
      role(),
      text('One'),
      gate,
      text(', two', ', three'),
      finish(),
      usage(),
      done(),
    ]);
    await openInspector();
    await opened.say('Count');
    await opened.answers.getByText('One').waitFor();
    await opened.page.getByRole('button', { name: 'Cut the connection' }).click();
    await opened.answers.getByText(/Connection lost/).waitFor();
    // What comes now is missed, and comes again.
    gate.open();
    expect(await opened.completed()).toBe('One, two, three');
    await opened.page.getByText('connection 2', { exact: true }).waitFor();
    expect(await opened.page.getByText('replayed', { exact: true }).count()).toBeGreaterThan(0);
    await tab('Request');
    await opened.page.getByText('resumed after event 1').waitFor();
    await opened.page.getByText('Ended: Disconnected on purpose').waitFor();
  });

  it('tells times, tokens and cost', async () => {
    playground.provider.reply([role(), text('a', 'b', 'c'), finish(), usage(), done()]);
    await openInspector();
    await opened.say('Hi');
    await opened.completed();
    await tab('Timing');
    const figures = await opened.page.locator('.figures').innerText();
    expect(figures).toMatch(/First token\s+[\d.]+ ms/);
    expect(figures).toMatch(/Connections\s+1\b/);
    expect(figures).toMatch(/Tokens in\s+10\b/);
    expect(figures).toMatch(/Tokens out\s+3\b/);
    // 10 tokens at $1 a million, 3 at $2.
    expect(figures).toMatch(/Cost\s+\$0\.000016/);
  });

  it('draws how fast it came, and says it in words', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    await openInspector();
    await opened.say('Hi');
    await opened.answers.getByText('a', { exact: true }).waitFor();
    gate.open();
    await opened.completed();
    await tab('Timing');
    const charts = opened.page.locator('.chart svg');
    expect(await charts.count()).toBe(2);
    expect(await charts.first().getAttribute('aria-label')).toMatch(
      /^Pieces a second, over time: at most .* a second$/,
    );
    expect(await charts.nth(1).locator('rect').count()).toBe(1);
  });

  it('writes the request as programs make it: each of them works', async () => {
    playground.provider.always(answer("It's so."));
    await openInspector();
    await opened.say(`It's "quoted" \\ $HOME \u{1f600}\n'JSON'`);
    await opened.completed();
    await tab('Code');
    const code = opened.page.locator('.snippet');
    const { stdout: viaCurl } = await run('sh', ['-c', await code.innerText()]);
    expect(viaCurl).toContain('"finish_reason":"stop"');
    const asked = playground.provider.requests;
    expect(asked.at(-1)!.body.messages).toEqual(asked.at(-2)!.body.messages);
    for (const name of ['fetch', 'agno-api-client']) {
      await opened.page.getByRole('radio', { name }).check();
      // Beside the project's modules, where the client is found by its name.
      const { stdout } = await run(
        process.execPath,
        ['--input-type=module', '--eval', await code.innerText()],
        { cwd: join(import.meta.dirname, '..') },
      );
      expect(stdout).toContain("It's so.");
      expect(asked.at(-1)!.body.messages).toEqual(asked.at(-2)!.body.messages);
    }
  });

  it('shows an answer that comes whole, with its headers and its raw content', async () => {
    playground.provider.reply(answer('Whole.'));
    await openInspector();
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Hi');
    await opened.completed();
    const raw = await opened.page.locator('pre.raw').innerText();
    expect(JSON.parse(raw)).toMatchObject({ message: { role: 'assistant', content: 'Whole.' } });
    await tab('Request');
    const headers = await opened.page.locator('.headers').last().innerText();
    expect(headers).toMatch(/content-type\s+application\/json/);
    expect(headers).toMatch(/x-request-id\s/);
    await tab('Timing');
    expect(await opened.page.locator('.figures').innerText()).toMatch(/Tokens out\s+\d/);
  });

  it('says which members the chunks have, as clients of the old service read them', async () => {
    playground.provider.reply(answer('Hello'));
    await openInspector();
    await opened.say('Hi');
    await opened.completed();
    await tab('Request');
    const format = opened.page.getByRole('region', { name: 'Format of the response' });
    expect(await format.innerText()).toContain('Each chunk begins with content, done and model');
    expect(await format.getByRole('row', { name: /^text/ }).innerText()).toContain(
      'content, done, model',
    );
  });

  it('stays light with thousands of events', async () => {
    const words = Array.from({ length: 3000 }, (_, at) => `w${at} `);
    playground.provider.reply([
      role(),
      ...words.flatMap((word) => text(word)),
      finish(),
      usage(),
      done(),
    ]);
    await openInspector();
    await opened.say('Much');
    expect(await opened.completed()).toContain('w2999');
    const table = opened.page.getByRole('table', { name: 'Events' });
    const count = Number(await table.getAttribute('aria-rowcount'));
    expect(count).toBeGreaterThan(1);
    expect(await rows().count()).toBeLessThan(100);
    // The last ones are seen, as they come.
    await opened.page.getByText('"done":true').waitFor();
  });

  it('is used by the keyboard, and closed', async () => {
    await openInspector();
    const { page } = opened;
    await page.getByRole('tab', { name: 'Events' }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('tab', { name: 'Timing' }).getAttribute('aria-selected')).toBe(
      'true',
    );
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await page.getByRole('tab', { name: 'Code' }).getAttribute('aria-selected')).toBe(
      'true',
    );
    await page.getByRole('button', { name: 'Close the inspector' }).click();
    expect(await page.getByRole('tab').count()).toBe(0);
  });
});
