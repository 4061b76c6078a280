import MiniSearch, { type SearchResult } from 'minisearch';
import { plainText } from '../markdown/plain-text.js';
import type { Passage, Section } from '../section.js';
import { wordsOf } from './terms.js';
import { TYPING_ERROR_WEIGHT, type SECTION_RANKING } from './weights.js';

interface Entry {
  id: number;
  heading: string;
  above: string;
  text: string;
  code: string;
}

/** Texts by number, found by weighted terms. */
export class TextIndex {
  readonly #index = new MiniSearch<Entry>({
    fields: ['heading', 'above', 'text', 'code'],
    tokenize: wordsOf,
    processTerm: (term) => term,
  });
  /** In how many texts a term stands; in examples it does not count. */
  readonly #frequency = new Map<string, number>();

  constructor(private readonly ranking: typeof SECTION_RANKING) {}

  get size(): number {
    return this.#index.documentCount;
  }

  /** In how many texts a term stands. */
  frequency(term: string): number {
    return this.#frequency.get(term) ?? 0;
  }

  /** Adds passages as one text, with the headings of their section. */
  add(id: number, { title, above }: Section, passages: readonly Passage[]): void {
    const entry = {
      id,
      heading: plainText(title),
      above: plainText(above.join(' ')),
      text: passages.map(({ markdown }) => plainText(markdown)).join('\n'),
      code: passages.map(({ example = '' }) => example).join('\n'),
    };
    this.#index.add(entry);
    for (const term of new Set(wordsOf(`${entry.heading} ${entry.above} ${entry.text}`))) {
      this.#frequency.set(term, this.frequency(term) + 1);
    }
  }

  /** What has any of the terms, the best match first. */
  search(weights: ReadonlyMap<string, number>): SearchResult[] {
    return this.#index.search([...weights.keys()].join(' '), {
      ...this.ranking,
      tokenize: (text) => text.split(' '),
      boostTerm: (term) => weights.get(term) ?? 1,
      // Only what no text says is taken for a typing error.
      fuzzy: (term) => (this.#frequency.has(term) || term.length < 5 ? false : 0.2),
      weights: { fuzzy: TYPING_ERROR_WEIGHT, prefix: 0 },
      combineWith: 'OR',
    });
  }
}
