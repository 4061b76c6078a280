import { describe, expect, it } from '@jest/globals';
import { markdownSections } from './markdown-sections.js';

const sections = (markdown: string) => markdownSections(markdown, '/docs/page.md');
const passages = (markdown: string) => sections(`# Page\n\n${markdown}`)[0]!.passages;

describe('markdownSections', () => {
  it('finds sections by their headings, with the anchors and the headings above', () => {
    const markdown = [
      'Before the title.',
      '# The page',
      'Intro.',
      '## `GET /runs/{id}`',
      'One.',
      '### Deeper & down',
      'Two.',
      '## `GET /runs/{id}`',
      'Three.',
    ].join('\n\n');
    expect(sections(markdown)).toEqual([
      {
        link: '/docs/page.md#the-page',
        title: 'The page',
        above: [],
        passages: [{ markdown: 'Intro.' }],
      },
      {
        link: '/docs/page.md#get-runsid',
        title: 'GET /runs/{id}',
        above: ['The page'],
        passages: [{ markdown: 'One.' }],
      },
      {
        link: '/docs/page.md#deeper--down',
        title: 'Deeper & down',
        above: ['The page', 'GET /runs/{id}'],
        passages: [{ markdown: 'Two.' }],
      },
      {
        link: '/docs/page.md#get-runsid-1',
        title: 'GET /runs/{id}',
        above: ['The page'],
        passages: [{ markdown: 'Three.' }],
      },
    ]);
  });

  it('makes a passage of each row of a table, with the names of its columns', () => {
    const table =
      '| name | default | meaning |\n| - | - | - |\n| `A` | `1` | the first |\n| `B` | | no default |';
    expect(passages(table)).toEqual([
      { markdown: '**`A`** – default: `1`; the first' },
      { markdown: '**`B`** – no default' },
    ]);
  });

  it('keeps a short list whole, and cuts a long one into its items', () => {
    expect(passages('- one\n- two')).toEqual([{ markdown: '- one\n- two' }]);
    const items = ['a', 'b'].map((name) => `- ${name} ${'word '.repeat(80).trim()}`);
    expect(passages(items.join('\n'))).toEqual(items.map((markdown) => ({ markdown })));
  });

  it('joins what announces something, and the example at its beginning, to what comes next', () => {
    expect(passages('There are two:\n\n- one\n- two')).toEqual([
      { markdown: 'There are two:\n\n- one\n- two' },
    ]);
    expect(passages('```sh\nls\n```\n\nlists files.')).toEqual([
      { markdown: '```sh\nls\n```\n\nlists files.' },
    ]);
  });

  it('gives a passage the first example that follows it', () => {
    const examples = 'Do this.\n\n```sh\none\n```\n\n<!-- prints -->\n\n```text\ntwo\n```';
    expect(passages(examples)).toEqual([
      { markdown: 'Do this.', example: expect.stringContaining('one') },
    ]);
  });

  it('roots its links, so that they hold wherever it is quoted', () => {
    expect(
      passages('[a](other.md#x) [b](#here) [c](../README.md) [d](https://e.example/f) [g](/h)'),
    ).toEqual([
      {
        markdown:
          '[a](/docs/other.md#x) [b](/docs/page.md#here) [c](/README.md) [d](https://e.example/f) [g](/h)',
      },
    ]);
  });

  it('leaves out lists that only lead elsewhere', () => {
    expect(passages('- [A](a.md): what it is\n- [B](b.md), [C](c.md)')).toEqual([]);
  });

  it('has nothing of an empty document', () => {
    expect(sections('')).toEqual([]);
    expect(sections('No heading.')).toEqual([]);
  });
});
