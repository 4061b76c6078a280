import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Playground, type OpenedPage } from './support/playground.js';
import { randomFrom } from './support/random.js';

const DOCS = join(import.meta.dirname, '../docs');
const SEED = 20261123;

const repeat = (count: number, text: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => text(at)).join('');

const SAMPLES: readonly (readonly [string, string])[] = [
  ...readdirSync(DOCS)
    .filter((name) => name.endsWith('.md'))
    .map((name) => [name, readFileSync(join(DOCS, name), 'utf8')] as const),
  [
    'a long paragraph',
    repeat(200, (at) => `Sentence ${at} has *some* emphasis, \`code\` and [a link](/${at}). `),
  ],
  [
    'a long paragraph, and others beside it',
    `# Before\n\n${repeat(900, (at) => `word${at} and `)}\nthe end\n\nAfter it, **bold**.\n\n- a\n- b`,
  ],
  ['a long paragraph without spaces', repeat(900, (at) => `第${at}句话，很长。`)],
  [
    'a long table',
    `Before\n\n| n | name |\n| -: | - |\n${repeat(300, (at) => `| ${at} | **row** \\| ${at} |\n`)}\nAfter\n\n| x |\n| - |\n| y |\n`,
  ],
  [
    'a long table without an end',
    `|a|b|\n|-|-|\n${repeat(300, (at) => `|${at}|\`${at}\`|\n`)}|last|`,
  ],
  ['a long list', repeat(300, (at) => `- Item ${at} with **bold**\n`)],
  ['line ends of Windows', repeat(150, (at) => `Line ${at} of *it*,\r\nand more.\r\n`)],
  ['emphasis that is never closed', `**${repeat(900, (at) => `word${at} `)}`],
];

/** Runs in the page: what is shown once all has come, in pieces that end where `cuts` says; null: parsed whole. */
const SHOWN = `async ([text, cuts]) => {
  const { GrowingMarkdown } = await import('/playground/lib/growing-markdown.js');
  const { blockTokens, contentOf } = await import('/playground/lib/markdown.js');
  const growing = new GrowingMarkdown();
  let from = 0;
  for (const cut of cuts ? [...cuts, text.length] : []) {
    growing.push(text.slice(from, cut));
    growing.open();
    from = cut;
  }
  growing.end();
  const whole = () => blockTokens(text).filter(({ type }) => type !== 'space').map(contentOf);
  const blocks = cuts ? growing.settled : whole();
  const shown = document.createElement('div');
  for (const { html, code, long } of blocks) {
    const block = shown.appendChild(document.createElement('div'));
    shown.append(' ');
    if (code) block.appendChild(document.createElement('pre')).textContent = code.text;
    else if (!long) block.innerHTML = html;
    else if (long.kind === 'paragraph') block.innerHTML = '<p>' + long.parts.join('') + '</p>';
    else block.innerHTML = '<table><thead>' + long.head + '</thead><tbody>' + long.parts.join('') + '</tbody></table>';
  }
  const count = (name) => shown.querySelectorAll(name).length;
  return {
    text: shown.textContent.replace(/\\s+/g, ' ').trim(),
    counts: ['p', 'em', 'strong', 'a', 'code', 'pre', 'li', 'table', 'th', 'tr', 'td'].map((name) => name + ' ' + count(name)),
    long: blocks.filter(({ long }) => long).map(({ long }) => [long.kind, long.parts.length]),
  };
}`;

interface Shown {
  text: string;
  counts: string[];
  long: [string, number][];
}

describe('Markdown that grows', () => {
  let playground: Playground;
  let opened: OpenedPage;

  beforeAll(async () => {
    playground = await Playground.start();
    opened = await playground.open();
  });
  afterAll(async () => {
    await opened.close();
    await playground.close();
  });

  const shownOf = (text: string, cuts: readonly number[] | null): Promise<Shown> =>
    opened.page.evaluate(`(${SHOWN})(${JSON.stringify([text, cuts])})`);

  it.each(SAMPLES)('shows the same in whatever pieces it comes: %s', async (_, text) => {
    const whole = await shownOf(text, null);
    expect(whole.text.length).toBeGreaterThan(text.length / 3);
    const next = randomFrom(SEED);
    const random = (most: number): number => Math.floor(next() * most);
    for (const most of [40, 400, 2_000]) {
      const cuts: number[] = [];
      for (let at = 1 + random(most); at < text.length; at += 1 + random(most)) cuts.push(at);
      const { text: pieces, counts } = await shownOf(text, cuts);
      expect(pieces).toBe(whole.text);
      expect(counts).toEqual(whole.counts);
    }
  });

  it('makes the parts of long paragraphs and tables final', async () => {
    const longOf = async (name: string): Promise<Shown['long']> => {
      const text = SAMPLES.find(([sample]) => sample === name)![1];
      const cuts = Array.from({ length: Math.floor(text.length / 100) }, (_, at) => (at + 1) * 100);
      return (await shownOf(text, cuts)).long;
    };
    expect(await longOf('a long paragraph')).toEqual([['paragraph', expect.any(Number)]]);
    for (const name of ['a long paragraph', 'a long table', 'a long paragraph without spaces']) {
      const [long] = await longOf(name);
      expect(long?.[1]).toBeGreaterThan(1);
    }
  });
});
