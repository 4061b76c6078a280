import { describe, expect, it } from '@jest/globals';
import { markdownSections } from '../markdown/markdown-sections.js';
import { SectionSearch } from './section-search.js';

const PAGE = `
# Gardening

How to keep a garden.

## Watering

Water the tomatoes each morning.

Roses want less water than the rest.

## Pruning

Cut roses back in winter.

\`\`\`sh
prune --lilac
\`\`\`

## Tools

| tool | default | meaning |
| --- | --- | --- |
| \`SPADE\` | none | for digging |
| \`RAKE_WIDTH\` | \`40cm\` | how wide the rake is |
`;

const search = await SectionSearch.of(markdownSections(PAGE, '/docs/garden.md'));
const best = (question: string, context = {}) => search.find(question, context)[0];

describe('SectionSearch', () => {
  it.each([
    ['When do I water tomatoes?', 'watering', 'Water the tomatoes each morning.'],
    ['roses in winter', 'pruning', 'Cut roses back in winter.'],
    ['how wide is the rake', 'tools', '**`RAKE_WIDTH`** – default: `40cm`; how wide the rake is'],
    ['RAKE_WIDTH', 'tools', '**`RAKE_WIDTH`** – default: `40cm`; how wide the rake is'],
    ['watering', 'watering', 'Water the tomatoes each morning.'],
    ['tomatos', 'watering', 'Water the tomatoes each morning.'],
  ])('finds what answers "%s"', (question, anchor, markdown) => {
    expect(best(question)).toMatchObject({
      section: { link: `/docs/garden.md#${anchor}` },
      passage: { markdown },
      coverage: 1,
    });
  });

  it('finds nothing where no word is known', async () => {
    expect(search.find('quantum entanglement')).toEqual([]);
    expect(search.find('')).toEqual([]);
    expect((await SectionSearch.of([])).find('roses')).toEqual([]);
  });

  it('tells how much of a question is covered', () => {
    expect(best('roses on the moon of Jupiter')!.coverage).toBeLessThan(0.5);
    // An example names the lilac, but the section does not speak of it.
    expect(best('lilac')!.coverage).toBe(0.5);
  });

  it('understands a follow-up by what was asked and cited before, and no other question', () => {
    const context = {
      before: ['When do I water tomatoes?'],
      cited: ['/docs/garden.md#watering'],
    };
    expect(best('And roses?')!.section.title).not.toBe('Watering');
    expect(best('And roses?', context)).toMatchObject({
      section: { title: 'Watering' },
      passage: { markdown: 'Roses want less water than the rest.' },
    });
    for (const asked of [
      'Who cuts roses back in winter?',
      'pruning',
      'And how wide is the rake?',
    ]) {
      expect(search.find(asked, context)[0]).toMatchObject({
        section: { title: best(asked)!.section.title },
      });
    }
  });
});
