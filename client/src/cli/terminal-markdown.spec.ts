import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Style } from './style.js';
import { TerminalMarkdown } from './terminal-markdown.js';

/** Styles as tags, so that expectations can be read. */
const tagged: Style = (name, text) => (text === '' ? '' : `<${name}>${text}</${name}>`);

/** What pieces come out as; how many writes a styled text took is no difference to see. */
function shown(...pieces: string[]): string {
  let output = '';
  const markdown = new TerminalMarkdown((text) => (output += text), tagged);
  for (const piece of pieces) markdown.push(piece);
  markdown.end();
  for (;;) {
    const joined = output.replace(/<\/(\w+)><\1>/g, '');
    if (joined === output) return output;
    output = joined;
  }
}

const SAMPLES = {
  headings: '# One\n\n### Three **bold**\n#hashtag\n####### seven\n#\nend',
  emphasis: 'a *b* **c** ***d*** _e_ __f__ 2 * 3 ** 4 snake_case_name *open\nnext **over',
  'inline code': 'a `b` ``c ` d`` `open\n`x *not* y` **`bold`**',
  lists: '- a\n- b\n  - c\n    * d\n      + e\n1. f\n2) g\n   - h\n-x\n- [ ] todo\n- **b** c',
  'deep lists': `${' '.repeat(14)}- deep\n${' '.repeat(16)}* deeper\n${' '.repeat(20)}1. number`,
  rules: 'a\n---\n***\n___\n- - -\n--\nb',
  quotations:
    '> a **b**\n>c\n> > d\n>\n> - e\n> # f\n> |g|\n> |-|\n|h|\n> ```ts\n> i\n>\n> ```\n> ~~~\n> j\nend\n>',
  fences:
    'x\n```ts\nconst a = `b`; // **no**\n\n  ```\n~~~\n```\n```\n~~~~\n```\n~~~\n~~~~\nafter `x`',
  'an unclosed fence': 'x\n```\ncode\n``',
  'a fence that never gets a line': '```js',
  'an indented fence': '1. a\n   ```sh\n   ls\n   ```\nb',
  tables: '| a | b |\n|---|:-:|\n| `1` | 2 \\| 3 |\n| x |\n\nafter\n|lone|\n| a | b |\n|-|-|',
  links:
    '[a](https://example.org) [b] [c][d] [e](f g) ![i](j) [https://x.y](https://x.y) [open\n[k](',
  escapes: '\\*a\\* \\_ \\\\ \\n \\`b` \\',
  html: '<b>a</b> <script>alert(1)</script>\n<details>\n&amp; a < b > c',
  wide: '\u65e5\u672c **\u8a9e** \u{1f468}\u200d\u{1f469}\u200d\u{1f467} e\u0301 *\u{1f1e9}\u{1f1ea}*\n|\u65e5|\u{1f600}|\n|-|-|\n|a|b|',
  controls: 'a\tb\n\tc\n\u0007\ufffd\n',
  'empty lines': '\n\n\na\n\n\n',
};

describe('Markdown on a terminal', () => {
  it.each([
    ['headings', '# One\ntwo', '<bold>One</bold>\ntwo'],
    ['bold and italic type', '**a** and *b*', '<bold>a</bold> and <italic>b</italic>'],
    ['both at once', '***a***', '<bold><italic>a</italic></bold>'],
    ['names with underscores', 'a snake_case_name', 'a snake_case_name'],
    ['calculations', '2 * 3 * 4', '2 * 3 * 4'],
    ['code', 'run `npm *x*` now', 'run <cyan>npm *x*</cyan> now'],
    ['code with a backtick', '``a`b``', '<cyan>a`b</cyan>'],
    ['lists, as deep as they are', '- a\n  * b\n    + c', '• a\n  • b\n    • c'],
    ['numbered lists', '1. a\n2. b', '1. a\n2. b'],
    ['a rule', 'a\n\n---\n', `a\n\n<dim>${'─'.repeat(40)}</dim>\n`],
    ['quotations', '> a', '<dim>│ </dim>a'],
    ['links', '[a](https://b.c)', '<underline>a</underline><dim> (https://b.c)</dim>'],
    ['links that show where they lead', '[x:y](x:y)', '<underline>x:y</underline>'],
    ['brackets', 'a[0] = [1, 2]', 'a[0] = [1, 2]'],
    ['escaped marks', '\\*a\\*', '*a*'],
    ['HTML, as it is', '<b>a</b>', '<b>a</b>'],
    ['what is never closed', 'a **b\nc `d', 'a <bold>b</bold>\nc `d'],
  ])('shows %s', (_name, markdown, expected) => {
    expect(shown(markdown)).toBe(expected);
  });

  it('shows code as it is, with its language', () => {
    expect(shown('```ts\nconst a = `**b**`;\n\n  c\n```\nafter')).toBe(
      '<dim>ts</dim>\n  <cyan>const a = `**b**`;</cyan>\n  \n  <cyan>  c</cyan>\nafter',
    );
  });

  it('shows code whose fence is never closed', () => {
    expect(shown('```\na\nb')).toBe('  <cyan>a</cyan>\n  <cyan>b</cyan>');
  });

  it('shows all of that in quotations, too', () => {
    const quoted = '> # a\n> - b\n>\n> > c\n>\n> |d|\n> |-|\n>\n> ```ts\n> e\n> ```\n> f\n\ng';
    expect(shown(quoted)).toBe(
      [
        '<dim>│ </dim><bold>a</bold>',
        '<dim>│ </dim>• b',
        '<dim>│ </dim>',
        '<dim>│ │ </dim>c',
        '<dim>│ </dim>',
        '<dim>│ </dim><bold>d</bold>',
        '<dim>│ ─</dim>',
        '<dim>│ </dim>',
        '<dim>│ ts</dim>',
        '<dim>│ </dim>  <cyan>e</cyan>',
        '<dim>│ </dim>f',
        '',
        'g',
      ].join('\n'),
    );
  });

  it('ends the code of a quotation with it', () => {
    expect(shown('> ```\n> a\nb `c`')).toBe('<dim>│ </dim>  <cyan>a</cyan>\nb <cyan>c</cyan>');
  });

  it('shows tables with aligned columns', () => {
    expect(shown('| a | long |\n|---|---|\n| b | c |\n\nafter')).toBe(
      '<bold>a  long</bold>\n<dim>─  ────</dim>\nb  c\n\nafter',
    );
  });

  it('shows what it can at once', () => {
    const written: string[] = [];
    const markdown = new TerminalMarkdown((text) => written.push(text), tagged);
    for (const piece of ['Hel', 'lo, ', 'world']) markdown.push(piece);
    expect(written).toEqual(['Hel', 'lo, ', 'world']);
  });

  it('waits for the other half of a mark no longer than a while', () => {
    let output = '';
    const markdown = new TerminalMarkdown((text) => (output += text), tagged);
    markdown.push(`a \`${'b'.repeat(1000)}`);
    expect(output).toBe(`a \`${'b'.repeat(1000)}`);
  });

  describe.each(Object.entries(SAMPLES))(
    'comes out the same wherever it is cut: %s',
    (_name, text) => {
      const whole = shown(text);

      it('in two', () => {
        for (let at = 0; at <= text.length; at++) {
          expect([at, shown(text.slice(0, at), text.slice(at))]).toEqual([at, whole]);
        }
      });

      it('into single characters', () => {
        expect(shown(...text.split(''))).toBe(whole);
      });
    },
  );

  it('comes out the same wherever it is cut: any mix of all that', () => {
    const marks = [
      '#',
      '*',
      '**',
      '_',
      '`',
      '```',
      '~~~',
      '- ',
      '1. ',
      '> ',
      '|',
      '[',
      '](',
      ')',
      '\\',
    ];
    const words = [
      'a',
      'bc',
      ' ',
      '  ',
      '\n',
      '\n\n',
      '\u65e5',
      '\u{1f600}',
      '<b>',
      '\t',
      '---',
      '|-|\n',
    ];
    const piece = fc.constantFrom(...marks, ...words);
    const pieces = fc.array(fc.array(piece, { maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, (cut) => {
        const joined = cut.map((parts) => parts.join(''));
        const text = joined.join('');
        expect(shown(...joined)).toBe(shown(text));
        expect(shown(...text.split(''))).toBe(shown(text));
      }),
      { numRuns: 3000 },
    );
  });
});
