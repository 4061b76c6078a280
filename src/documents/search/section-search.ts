import MiniSearch, { type SearchResult } from 'minisearch';
import { plainText } from '../markdown/plain-text.js';
import type { Passage, Section } from '../section.js';
import { isFollowUp } from './follow-up.js';
import { termsOf, wordsOf } from './terms.js';
import { relatedTerms } from './thesaurus.js';

/** A passage that may answer a question. */
export interface Finding {
  readonly section: Section;
  readonly passage: Passage;
  /** How well it matches; only to be compared within one search. */
  readonly score: number;
  /** How much of what the question is about stands in the section: from 0 to 1. */
  readonly coverage: number;
  /** How much speaks for its being an answer at all: the coverage, and how rare and often its words are. */
  readonly confidence: number;
}

/** What a question was asked after. */
export interface SearchContext {
  /** The questions before it, the last one first. */
  readonly before?: readonly string[];
  /** The links of the sections that were quoted last: a follow-up is likely to be about them. */
  readonly cited?: readonly string[];
}

interface Entry {
  id: number;
  heading: string;
  above: string;
  text: string;
  code: string;
}

/** Weights and bounds, found by trying them on questions of people who did not know this code. */
const RELATED_WEIGHT = 1;
const PHRASE_WEIGHT = 1.5;
/** From here on a question is clear by itself. */
const CLEAR_COVERAGE = 0.9;
const EARLIER_WEIGHT = 0.8;
const SECTION_WEIGHT = 1.5;
const CITED_SECTION_WEIGHT = 1.5;
const CITED_PAGE_WEIGHT = 1.2;
const TYPING_ERROR_WEIGHT = 0.8;
/** Most passages that are found. */
const MOST_FINDINGS = 20;
/** Most terms of a question that are looked for: each one of them that is unknown takes a while. */
const MOST_TERMS = 40;
const UNKNOWN_RARITY = 4;
/** The pages of `docs/` say best what these say in figures, in key words or in passing. */
const LINK_WEIGHTS: readonly (readonly [start: string, weight: number])[] = [
  ['/openapi.json', 0.4],
  ['/docs/benchmarks.md', 0.5],
  ['/README.md', 0.9],
  ['/docs/offline-assistant.md', 0.7],
];
const SECTIONS = {
  boost: { heading: 2, above: 0.1, text: 1, code: 0.2 },
  bm25: { k: 1.2, b: 0.3, d: 0.5 },
};
const PASSAGES = {
  boost: { heading: 1, above: 0.1, text: 1, code: 0.3 },
  bm25: { k: 0.6, b: 0.7, d: 0.5 },
};

/** Finds passages of documents by the words of a question. */
export class SectionSearch {
  readonly #sections: readonly Section[];
  readonly #passages: readonly { section: number; passage: Passage }[];
  readonly #bySection = newIndex();
  readonly #byPassage = newIndex();
  /** In how many sections a term stands. */
  readonly #frequency = new Map<string, number>();

  constructor(sections: readonly Section[]) {
    this.#sections = sections.filter(({ passages }) => passages.length > 0);
    this.#passages = this.#sections.flatMap(({ passages }, section) =>
      passages.map((passage) => ({ section, passage })),
    );
    const entries = this.#sections.map((section, id) => entryOf(section, section.passages, id));
    for (const { heading, above, text } of entries) {
      for (const term of new Set(wordsOf(`${heading} ${above} ${text}`))) {
        this.#frequency.set(term, (this.#frequency.get(term) ?? 0) + 1);
      }
    }
    this.#bySection.addAll(entries);
    this.#byPassage.addAll(
      this.#passages.map(({ section, passage }, id) =>
        entryOf(this.#sections[section]!, [passage], id),
      ),
    );
  }

  /**
   * The passages that match best, the best first; none where no word of the question is known. What was
   * said before counts where the question cannot be understood without.
   */
  find(question: string, { before = [], cited = [] }: SearchContext = {}): Finding[] {
    const alone = this.#rank(question, question, []);
    const coverage = alone[0]?.coverage ?? 0;
    if (before.length === 0 || !isFollowUp(question, coverage >= CLEAR_COVERAGE)) return alone;
    const after = this.#rank(question, topicOf(before), cited);
    // What was said before must not lead away from what is asked.
    return (after[0]?.coverage ?? 0) < coverage ? alone : after;
  }

  /** @param earlier what was asked before it; the question itself: nothing was */
  #rank(question: string, earlier: string, cited: readonly string[]): Finding[] {
    const terms = termsOf(question).slice(0, MOST_TERMS);
    const own = weightsOf(terms, 1);
    const weights = weightsOf(termsOf(earlier).slice(0, MOST_TERMS), EARLIER_WEIGHT);
    for (const [term, weight] of own) weights.set(term, Math.max(weights.get(term) ?? 0, weight));
    const related = relatedTerms(terms);
    const asked = byId(this.#search(this.#bySection, own, SECTIONS));
    const sections = byId(this.#search(this.#bySection, weights, SECTIONS));
    const passages = this.#search(this.#byPassage, weights, PASSAGES);
    const bestSection = Math.max(...[...sections.values()].map(({ score }) => score));
    const bestPassage = passages[0]?.score ?? 1;
    const findings = passages.flatMap((result): Finding[] => {
      const { section: index, passage } = this.#passages[Number(result.id)]!;
      const section = this.#sections[index]!;
      const whole = sections.get(index);
      if (whole === undefined) return [];
      const coverage = this.#coverage(terms, related, whole);
      const ownCoverage = this.#coverage(terms, related, result);
      const match = result.score / bestPassage + (SECTION_WEIGHT * whole.score) / bestSection;
      const score = match * (0.3 + coverage + 1.2 * ownCoverage) * weightOf(section, cited);
      const confidence = coverage * Math.sqrt(asked.get(index)?.score ?? 0);
      return [{ section, passage, score, coverage, confidence }];
    });
    return findings.sort((a, b) => b.score - a.score).slice(0, MOST_FINDINGS);
  }

  #search(
    index: MiniSearch<Entry>,
    weights: ReadonlyMap<string, number>,
    options: typeof SECTIONS,
  ): SearchResult[] {
    return index.search([...weights.keys()].join(' '), {
      ...options,
      tokenize: (text) => text.split(' '),
      boostTerm: (term) => weights.get(term) ?? 1,
      // Only what no document says is taken for a typing error.
      fuzzy: (term) => (this.#frequency.has(term) || term.length < 5 ? false : 0.2),
      weights: { fuzzy: TYPING_ERROR_WEIGHT, prefix: 0 },
      combineWith: 'OR',
    });
  }

  #coverage(
    terms: readonly string[],
    related: ReturnType<typeof relatedTerms>,
    { queryTerms, match }: SearchResult,
  ): number {
    const found = new Set(queryTerms);
    // What stands in an example alone is its subject, not that of the section.
    const isSaid = (term: string) =>
      found.has(term) && match[term]?.every((field) => field === 'code') !== true;
    let all = 0;
    let covered = 0;
    for (const term of new Set(terms)) {
      const weight = this.#rarity(term);
      const own = [term, ...(related.get(term)?.keys() ?? [])];
      all += weight;
      if (own.some(isSaid)) covered += weight;
      else if (found.has(term)) covered += weight / 2;
    }
    return all === 0 ? 0 : covered / all;
  }

  /** How much a term tells: the fewer sections have it, the more. */
  #rarity(term: string): number {
    const frequency = this.#frequency.get(term);
    return frequency === undefined
      ? UNKNOWN_RARITY
      : Math.log(1 + this.#sections.length / frequency);
  }
}

function newIndex(): MiniSearch<Entry> {
  return new MiniSearch<Entry>({
    fields: ['heading', 'above', 'text', 'code'],
    tokenize: wordsOf,
    processTerm: (term) => term,
  });
}

function entryOf({ title, above }: Section, passages: readonly Passage[], id: number): Entry {
  return {
    id,
    heading: plainText(title),
    above: plainText(above.join(' ')),
    text: passages.map(({ markdown }) => plainText(markdown)).join('\n'),
    code: passages.map(({ example = '' }) => example).join('\n'),
  };
}

/** What earlier questions were about: a follow-up among them went on with the one before it. */
function topicOf(before: readonly string[]): string {
  const first = before.findIndex((question) => !isFollowUp(question, true));
  return before.slice(0, first < 0 ? before.length : first + 1).join('\n');
}

function byId(results: readonly SearchResult[]): Map<number, SearchResult> {
  return new Map(results.map((result) => [Number(result.id), result]));
}

/** The weights of terms and of those that stand for them; of two for one term the larger holds. */
function weightsOf(terms: readonly string[], weight: number): Map<string, number> {
  const weights = new Map<string, number>();
  const add = (term: string, by: number) => weights.set(term, Math.max(weights.get(term) ?? 0, by));
  for (const term of terms) add(term, weight);
  for (const others of relatedTerms(terms).values()) {
    // Of many that stand for one, each counts a little less; what stands for a phrase, more.
    for (const [other, length] of others) {
      const share = length > 1 ? PHRASE_WEIGHT : RELATED_WEIGHT;
      add(other, share * weight * others.size ** -0.15);
    }
  }
  return weights;
}

function weightOf({ link }: Section, cited: readonly string[]): number {
  const [, weight = 1] = LINK_WEIGHTS.find(([start]) => link.startsWith(start)) ?? [];
  if (cited.includes(link)) return weight * CITED_SECTION_WEIGHT;
  return cited.some((one) => pageOf(one) === pageOf(link)) ? weight * CITED_PAGE_WEIGHT : weight;
}

function pageOf(link: string): string {
  return link.split('#', 1)[0]!;
}
