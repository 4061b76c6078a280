import { setImmediate } from 'node:timers/promises';
import type { SearchResult } from 'minisearch';
import type { Passage, Section } from '../section.js';
import { isFollowUp } from './follow-up.js';
import { termsOf } from './terms.js';
import { TextIndex } from './text-index.js';
import { relatedTerms } from './thesaurus.js';
import {
  EARLIER_WEIGHT,
  PASSAGE_RANKING,
  PHRASE_WEIGHT,
  RELATED_WEIGHT,
  SECTION_RANKING,
  SECTION_WEIGHT,
  UNKNOWN_RARITY,
  weightOf,
} from './weights.js';

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

/** How long is indexed before other work gets its turn, in milliseconds. */
const SLICE = 5;

/** Most passages that are found. */
const MOST_FINDINGS = 20;

/** Most terms of a question that are looked for: each one of them that is unknown takes a while. */
const MOST_TERMS = 40;

/** From this coverage on a question is clear by itself. */
const CLEAR = 0.9;

/** Finds passages of documents by the words of a question. */
export class SectionSearch {
  readonly #sections: readonly Section[];
  readonly #passages: readonly { section: number; passage: Passage }[];
  readonly #bySection = new TextIndex(SECTION_RANKING);
  readonly #byPassage = new TextIndex(PASSAGE_RANKING);

  private constructor(sections: readonly Section[]) {
    this.#sections = sections.filter(({ passages }) => passages.length > 0);
    this.#passages = this.#sections.flatMap(({ passages }, section) =>
      passages.map((passage) => ({ section, passage })),
    );
  }

  /** Indexes sections: a large library takes seconds, in which other work gets its turn. */
  static async of(sections: readonly Section[]): Promise<SectionSearch> {
    const search = new SectionSearch(sections);
    let until = performance.now() + SLICE;
    const turn = async (): Promise<void> => {
      if (performance.now() < until) return;
      await setImmediate();
      until = performance.now() + SLICE;
    };
    for (const [id, section] of search.#sections.entries()) {
      search.#bySection.add(id, section, section.passages);
      await turn();
    }
    for (const [id, { section, passage }] of search.#passages.entries()) {
      search.#byPassage.add(id, search.#sections[section]!, [passage]);
      await turn();
    }
    return search;
  }

  /**
   * The passages that match best, the best first; none where no word of the question is known. What was
   * said before counts where the question cannot be understood without.
   */
  find(question: string, { before = [], cited = [] }: SearchContext = {}): Finding[] {
    const alone = this.#rank(question, '', []);
    const coverage = alone[0]?.coverage ?? 0;
    if (before.length === 0 || !isFollowUp(question, coverage >= CLEAR)) return alone;
    const after = this.#rank(question, topicOf(before), cited);
    // What was said before must not lead away from what is asked.
    return (after[0]?.coverage ?? 0) < coverage ? alone : after;
  }

  #rank(question: string, earlier: string, cited: readonly string[]): Finding[] {
    const terms = termsOf(question).slice(0, MOST_TERMS);
    const related = relatedTerms(terms);
    const own = weightsOf(terms, 1);
    const weights = weightsOf(termsOf(earlier).slice(0, MOST_TERMS), EARLIER_WEIGHT);
    for (const [term, weight] of own) weights.set(term, Math.max(weights.get(term) ?? 0, weight));
    const asked = byId(this.#bySection.search(own));
    const sections = earlier === '' ? asked : byId(this.#bySection.search(weights));
    const passages = this.#byPassage.search(weights);
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
      const score = match * (0.3 + coverage + 1.2 * ownCoverage) * weightOf(section.link, cited);
      const confidence = coverage * Math.sqrt(asked.get(index)?.score ?? 0);
      return [{ section, passage, score, coverage, confidence }];
    });
    return findings.sort((a, b) => b.score - a.score).slice(0, MOST_FINDINGS);
  }

  /** How much of the terms a text has, by their rarity; one that only its example has, by half. */
  #coverage(
    terms: readonly string[],
    related: ReturnType<typeof relatedTerms>,
    { queryTerms, match }: SearchResult,
  ): number {
    const found = new Set(queryTerms);
    // What stands in an example alone is its subject, not that of the text.
    const isSaid = (term: string) =>
      found.has(term) && match[term]?.every((field) => field === 'code') !== true;
    let all = 0;
    let covered = 0;
    for (const term of new Set(terms)) {
      const rarity = this.#rarity(term);
      all += rarity;
      if ([term, ...(related.get(term)?.keys() ?? [])].some(isSaid)) covered += rarity;
      else if (found.has(term)) covered += rarity / 2;
    }
    return all === 0 ? 0 : covered / all;
  }

  /** How much a term tells: the fewer sections have it, the more. */
  #rarity(term: string): number {
    const frequency = this.#bySection.frequency(term);
    return frequency === 0 ? UNKNOWN_RARITY : Math.log(1 + this.#bySection.size / frequency);
  }
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
