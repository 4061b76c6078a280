import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_LIMIT } from './support/browser.js';
import { openStream } from './support/http-client.js';
import { Playground, type OpenedPage } from './support/playground.js';
import { answer, done, finish, role, text, toolCalls, usage } from './support/provider/steps.js';
import { TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const run = promisify(execFile);

describe('the inspector of the playground', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start({
      modules: [TestToolsModule],
      agentsYaml: { agents: { assistant: { ...TOOL_AGENT, default: true } } },
      env: { OFFLINE_WORD_DELAY: '1ms' },
    });
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
  /** Its words are events of their own, where those of the scripted provider come at once. */
  const chooseOffline = () =>
    opened.page.getByRole('combobox', { name: 'Model' }).selectOption('offline/assistant');
  const tab = (name: string) => opened.page.getByRole('tab', { name }).click();
  /** Those of events: the heads of the columns are not one. */
  const rows = () =>
    opened.page.getByRole('row').filter({ has: opened.page.getByRole('gridcell') });
  const figures = () => opened.page.locator('.figures').innerText();
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
        id: await row.getByRole('gridcell').first().innerText(),
        bytes: await row.getByRole('gridcell').nth(3).innerText(),
        data: await row.locator('.event-text').innerText(),
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
    // All that had been written before the page was back, and nothing else.
    const marks = await Promise.all(
      (await rows().all()).map(async (row) => (await row.locator('em').allInnerTexts()).join()),
    );
    const [first, second, ...others] = marks;
    expect([first, second]).toEqual(['', 'replayed,connection 2']);
    expect(new Set(others)).toEqual(new Set(['replayed']));
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
    const shown = await figures();
    expect(shown).toMatch(/First token\s+[\d.]+ ms/);
    expect(shown).toMatch(/Connections\s+1\b/);
    expect(shown).toMatch(/Tokens in\s+10\b/);
    expect(shown).toMatch(/Tokens out\s+3\b/);
    // 10 tokens at $1 a million, 3 at $2.
    expect(shown).toMatch(/Cost\s+under \$0\.0001/);
  });

  it('tells no usage and no cost before they are known', async () => {
    const gate = playground.provider.gate();
    playground.provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    await openInspector();
    await opened.say('Hi');
    await opened.answers.getByText('a', { exact: true }).waitFor();
    await tab('Timing');
    const shown = await figures();
    expect(shown).toMatch(/First token\s+[\d.]+ ms/);
    expect(shown).toMatch(/Total\s+–/);
    expect(shown).toMatch(/Tokens a second\s+–/);
    expect(shown).toMatch(/Cost\s+–/);
    gate.open();
    await opened.page.locator('.figures').getByText('under $0.0001').waitFor();
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
    expect(await figures()).toMatch(/Tokens a second\s+\d/);
    const charts = opened.page.locator('.chart svg');
    expect(await charts.count()).toBe(2);
    expect(await charts.first().getAttribute('aria-label')).toMatch(
      /^Tokens a second, over time: at most [\d.]+ a second, median [\d.]+$/,
    );
    expect(await charts.nth(1).locator('rect').count()).toBe(1);
    await opened.page.getByText('As a table').last().click();
    const row = opened.page.locator('.chart').last().locator('tbody tr');
    expect(await row.innerText()).toMatch(/^piece 2\s+[\d.]+$/);
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

  it.each([
    ['an answer', () => playground.provider.always(answer("It's so.")), "It's so."],
    [
      'a run that waits',
      () =>
        playground.provider.always(
          toolCalls({ id: 'c1', name: 'send_mail', arguments: { to: 'ann' } }),
        ),
      'waiting',
    ],
  ])('writes a request without streaming as programs make it: %s', async (_, reply, expected) => {
    reply();
    await openInspector();
    await opened.page.getByRole('switch', { name: 'Streaming' }).uncheck();
    await opened.say('Hi');
    const { page } = opened;
    const isOver = page.getByRole('button', { name: 'Copy the answer' });
    await isOver.or(page.getByRole('button', { name: 'Approve' })).waitFor();
    await tab('Code');
    const code = page.locator('.snippet');
    const { stdout: viaCurl } = await run('sh', ['-c', await code.innerText()]);
    expect(viaCurl).toContain(expected);
    for (const name of ['fetch', 'agno-api-client']) {
      await page.getByRole('radio', { name }).check();
      const { stdout } = await run(
        process.execPath,
        ['--input-type=module', '--eval', await code.innerText()],
        { cwd: join(import.meta.dirname, '..') },
      );
      expect(stdout).toContain(expected);
    }
  });

  it('copies the events with the times at which they came', async () => {
    playground.provider.reply([role(), text('a', 'b'), finish(), usage(), done()]);
    await openInspector();
    await opened.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await opened.say('Hi');
    await opened.completed();
    await opened.page.getByRole('button', { name: 'Copy as NDJSON' }).click();
    await opened.page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
    const copied = await opened.page.evaluate<string>('navigator.clipboard.readText()');
    const lines = copied.trimEnd().split('\n');
    expect(lines).toHaveLength(await rows().count());
    expect(JSON.parse(lines[0]!)).toEqual({
      id: 1,
      at_ms: expect.any(Number),
      bytes: expect.any(Number),
      connection: 1,
      replayed: false,
      dropped: false,
      data: await rows().first().locator('.event-text').innerText(),
    });
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
    await openInspector();
    await chooseOffline();
    await opened.say('/long 3100');
    expect(await opened.completed()).toContain(' 3099 3100');
    const grid = opened.page.getByRole('grid', { name: 'Events' });
    const count = Number(await grid.getAttribute('aria-rowcount'));
    expect(count).toBeGreaterThan(3000);
    expect(await rows().count()).toBeLessThan(100);
    // The last ones are seen, as they come.
    await opened.page.getByText('"done":true').waitFor();
    expect(await rows().last().getAttribute('aria-rowindex')).toBe(String(count));
  });

  it('keeps the newest events of all requests, and counts all of them', async () => {
    opened = await playground.open();
    const kept = await opened.page.evaluate<number[][]>(`(async () => {
      const { wire } = await import('/playground/state/wire.js');
      const chunk = { content: 'a', done: false, model: 'm' };
      const recorders = [9000, 9000, 7000].map((count) => {
        const recorder = wire.begin({ mode: 'stream' });
        for (let id = 1; id <= count; id++) {
          wire.event({ id, chunk, data: '', bytes: 2, receivedAt: id, connection: 1 }, recorder);
        }
        return recorder;
      });
      return recorders.map(({ events, forgotten, statistics }) => [
        events.length, forgotten, statistics.events, statistics.texts, statistics.bytes,
      ]);
    })()`);
    expect(kept).toEqual([
      [4000, 5000, 9000, 9000, 18_000],
      [9000, 0, 9000, 9000, 18_000],
      [7000, 0, 7000, 7000, 14_000],
    ]);
  });

  it('counts as the speed what came while the model wrote', async () => {
    opened = await playground.open();
    const told = await opened.page.evaluate(`(async () => {
      const { StreamStatistics } = await import('/playground/lib/stream-statistics.js');
      const statistics = new StreamStatistics(0);
      let id = 0;
      const came = (receivedAt, more = {}, chunk = {}) => statistics.take({
        id: ++id, receivedAt, bytes: 1, connection: 1,
        ...more, chunk: { content: 'a', done: false, model: 'm', ...chunk },
      });
      came(1000);
      came(1100);
      came(1200);
      // A call that somebody has to approve, and the tool's time.
      came(1300, {}, { content: '', type: 'tool_call' });
      came(1300, {}, { content: '', type: 'approval_required' });
      came(60_000, {}, { content: '', type: 'tool_result' });
      came(61_000);
      came(61_100);
      // Away, and back.
      came(65_000, { connection: 2, replayed: true });
      came(65_000, { connection: 2, replayed: true });
      came(65_100, { connection: 2 });
      came(65_100, { connection: 2 }, { content: '', done: true });
      const { gaps, texts, firstToken } = statistics;
      return {
        pieces: statistics.speed(undefined),
        tokens: statistics.speed(18),
        texts, firstToken,
        longest: gaps.longest, median: Math.round(gaps.at(0.5) / 10) * 10,
      };
    })()`);
    expect(told).toEqual({
      // Five steps of 100 ms.
      pieces: { rate: 10, unit: 'pieces' },
      // Nine pieces are 18 tokens.
      tokens: { rate: 20, unit: 'tokens' },
      texts: 8,
      firstToken: 1000,
      longest: 59_800,
      median: 100,
    });
  });

  it('opens events by the keyboard', async () => {
    await openInspector();
    await chooseOffline();
    await opened.say('/long 200');
    await opened.completed();
    const { page } = opened;
    const grid = page.getByRole('grid', { name: 'Events' });
    const selected = () =>
      page.locator('.event[aria-selected="true"]').getByRole('gridcell').first().innerText();
    await grid.focus();
    await page.keyboard.press('Home');
    expect(await selected()).toBe('1');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await selected()).toBe('2');
    const active = await grid.getAttribute('aria-activedescendant');
    expect(await page.locator(`#${active}`).getAttribute('aria-rowindex')).toBe('3');
    await page.keyboard.press('PageDown');
    expect(Number(await selected())).toBeGreaterThan(5);
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    const detail = page.getByRole('region', { name: `Event ${await selected()}` });
    expect(await detail.locator('pre').innerText()).toContain('"done":true');
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    expect(await selected()).toBe('1');
    expect(await rows().first().isVisible()).toBe(true);
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
    await page.keyboard.press('Home');
    expect(await page.getByRole('tab', { name: 'Events' }).getAttribute('aria-selected')).toBe(
      'true',
    );
    await page.getByRole('button', { name: 'Close the inspector' }).click();
    expect(await page.getByRole('tab').count()).toBe(0);
  });
});
