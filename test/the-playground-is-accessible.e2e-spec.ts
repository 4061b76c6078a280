import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTALLATION_LIMIT } from './support/browser.js';
import { Playground, type OpenedPage } from './support/playground.js';
import {
  answer,
  done,
  finish,
  reasoning,
  role,
  text,
  toolCalls,
  usage,
} from './support/provider/steps.js';
import { TestToolsModule, TOOL_AGENT } from './support/test-tools.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ANSWER = [
  '# A heading\n\nA paragraph with `code`, **bold** and a [link](https://example.org).\n\n',
  '- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a = 1;\n```\n\n> quoted\n',
];

/** The policy of the page is not what axe is to be held to. */
const LOOKS = [
  ['light', { colorScheme: 'light', bypassCSP: true }],
  ['dark', { colorScheme: 'dark', bypassCSP: true }],
  ['phone', { viewport: { width: 390, height: 800 }, bypassCSP: true }],
] as const;

describe('whoever uses the playground', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start({
      modules: [TestToolsModule],
      agentsYaml: { agents: { assistant: { ...TOOL_AGENT, default: true } } },
    });
  }, INSTALLATION_LIMIT);
  afterAll(() => playground.close());
  afterEach(async () => {
    await opened.close();
    expect(opened.complaints).toEqual([]);
  });

  /** What axe has to say against the page as it is: rule and place. */
  async function violations(): Promise<string[]> {
    await opened.page.evaluate(AXE);
    return opened.page.evaluate<string[]>(`(async () => {
      const { violations } = await axe.run(document, {
        // It would write style sheets of its own into the page.
        preload: false,
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary));
    })()`);
  }

  it.each(LOOKS)('can use its first screen (%s)', async (_name, options) => {
    opened = await playground.open('/', options);
    await opened.page.getByRole('button', { name: /What can you help me with/ }).waitFor();
    expect(await violations()).toEqual([]);
  });

  it.each(LOOKS)('can read an answer (%s)', async (_name, options) => {
    playground.provider.reply([
      role(),
      reasoning('Thinking.'),
      ...text(...ANSWER),
      finish(),
      usage(),
      done(),
    ]);
    opened = await playground.open('/', options);
    await opened.say('Hi');
    await opened.completed();
    await opened.page.getByRole('button', { name: 'Fork from here' }).waitFor();
    expect(await violations()).toEqual([]);
  });

  it.each(LOOKS)('can decide on a tool call (%s)', async (_name, options) => {
    const call = { id: 'c1', name: 'send_mail', arguments: { to: 'ann' } };
    playground.provider.reply(toolCalls(call)).reply(answer('Done.'));
    opened = await playground.open('/', options);
    await opened.say('Hi');
    await opened.page.getByRole('button', { name: 'Approve' }).waitFor();
    expect(await violations()).toEqual([]);
    await opened.page.getByRole('button', { name: 'Reject' }).click();
    await opened.completed();
    expect(await violations()).toEqual([]);
  });

  it.each(LOOKS)('can inspect what goes over the wire (%s)', async (_name, options) => {
    playground.provider.reply([role(), ...text('a', 'b', 'c'), finish(), usage(), done()]);
    opened = await playground.open('/', options);
    await opened.page.getByRole('button', { name: 'Inspector', exact: true }).click();
    await opened.say('Hi');
    await opened.completed();
    for (const tab of ['Events', 'Timing', 'Request', 'Code']) {
      await opened.page.getByRole('tab', { name: tab }).click();
      expect([tab, await violations()]).toEqual([tab, []]);
    }
  });

  it.each(LOOKS.slice(0, 2))('can read the help (%s)', async (_name, options) => {
    opened = await playground.open('/', options);
    await opened.page.getByRole('button', { name: 'Help', exact: true }).click();
    await opened.page.getByRole('heading', { name: 'Keys' }).waitFor();
    expect(await violations()).toEqual([]);
    await opened.page.keyboard.press('Escape');
    await opened.page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
  });

  it('can use the menu of a phone', async () => {
    opened = await playground.open('/', LOOKS[2][1]);
    await opened.page.getByRole('button', { name: 'Menu', exact: true }).click();
    await opened.page.getByRole('combobox', { name: 'Model' }).waitFor();
    expect(await violations()).toEqual([]);
  });

  it('gets to the conversation by the first key, and is told what happens', async () => {
    playground.provider.reply(answer('Told.'));
    // Where there is a keyboard on the screen, the composer does not take the focus by itself.
    opened = await playground.open('/', { viewport: { width: 390, height: 800 } });
    const { page } = opened;
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(
      'Skip to the conversation',
    );
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('conversation');
    await opened.say('Hi');
    await opened.completed();
    await page.getByRole('status').filter({ hasText: 'The answer is complete' }).waitFor();
  });
});
