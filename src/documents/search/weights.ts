/**
 * What counts for how much in a search: found by trying it on questions of people who knew the documents
 * and not this code. Only their proportions matter.
 */

/** Of a term of the question: 1. Of one that stands for it, and of one that stands for a phrase. */
export const RELATED_WEIGHT = 1;
export const PHRASE_WEIGHT = 1.5;

/** Of a term of the question before, where this one goes on with it. */
export const EARLIER_WEIGHT = 0.8;

/** Of what is found by a word that was typed wrongly. */
export const TYPING_ERROR_WEIGHT = 0.8;

/** Of the match of a section, beside that of the passage in it. */
export const SECTION_WEIGHT = 1.5;

/** How rare a term counts that no document has; beside the logarithm for those that they have. */
export const UNKNOWN_RARITY = 4;

/** For a follow-up: of the section that was quoted last, and of the page that it is on. */
const CITED_SECTION_WEIGHT = 1.5;
const CITED_PAGE_WEIGHT = 1.2;

/** The pages of `docs/` say best what these say in figures, in key words or in passing. */
const PAGE_WEIGHTS: Readonly<Record<string, number>> = {
  '/openapi.json': 0.4,
  '/docs/benchmarks.md': 0.5,
  '/docs/offline-assistant.md': 0.7,
  '/README.md': 0.9,
};

/** How sections and passages are ranked among their like (BM25+); of passages, longer ones count less. */
export const SECTION_RANKING = {
  boost: { heading: 2, above: 0.1, text: 1, code: 0.2 },
  bm25: { k: 1.2, b: 0.3, d: 0.5 },
};
export const PASSAGE_RANKING = {
  boost: { heading: 1, above: 0.1, text: 1, code: 0.3 },
  bm25: { k: 0.6, b: 0.7, d: 0.5 },
};

/**
 * Of a section by the page that it is on, and by what was quoted before.
 *
 * @param cited the links of the sections that a follow-up is likely to be about
 */
export function weightOf(link: string, cited: readonly string[]): number {
  const page = pageOf(link);
  const weight = PAGE_WEIGHTS[page] ?? 1;
  if (cited.includes(link)) return weight * CITED_SECTION_WEIGHT;
  return cited.some((one) => pageOf(one) === page) ? weight * CITED_PAGE_WEIGHT : weight;
}

function pageOf(link: string): string {
  return link.split('#', 1)[0]!;
}
