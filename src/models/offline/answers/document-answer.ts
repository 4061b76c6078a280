import type { DocumentLibrary } from '../../../documents/document-library.js';
import type { Finding } from '../../../documents/search/section-search.js';
import type { Passage, Section } from '../../../documents/section.js';
import type { Conversation } from '../conversation.js';
import { noAnswer } from './introduction.js';
import { quoted } from './markdown.js';

/** From here on a finding is taken for an answer: all that is asked stands there, or enough of it. */
const COVERAGE = 0.9;
const CONFIDENCE = 2.6;

/** A second section is quoted, and further passages of a section, where they match nearly as well. */
const SECOND_SECTION = 0.8;
const FURTHER_PASSAGE = 0.7;

/** Most characters that are quoted of a section, unless the first passage alone has more. */
const MOST_QUOTED = 700;

/** Most lines of an example that is quoted. */
const EXAMPLE_LINES = 25;

/** Most further sections that are named. */
const MOST_FURTHER = 3;

/** Answers a question by what the documents say, in their words, or says that they say nothing. */
export async function documentAnswer(
  { question, before, cited }: Pick<Conversation, 'question' | 'before' | 'cited'>,
  documents: DocumentLibrary,
): Promise<string> {
  const findings = await documents.find(question, { before, cited });
  const [best] = findings;
  if (best === undefined || !isAnswer(best)) {
    const nearest = best === undefined || best.coverage === 0 ? [] : [linkTo(best.section)];
    return noAnswer(question, nearest);
  }
  const [, second, ...others] = bestOfSections(findings);
  const isNear = second !== undefined && second.score >= SECOND_SECTION * best.score;
  const further = [...(isNear || second === undefined ? [] : [second]), ...others];
  return [
    `${linkTo(best.section)} says:`,
    quoted(passagesToQuote(findings, best).map(withExample).join('\n\n')),
    ...(isNear ? [`${linkTo(second.section)} says:`, quoted(second.passage.markdown)] : []),
    ...(further.length === 0 ? [] : [`See also ${linksTo(further.slice(0, MOST_FURTHER))}.`]),
  ].join('\n\n');
}

function isAnswer({ coverage, confidence }: Finding): boolean {
  return coverage >= COVERAGE || confidence >= CONFIDENCE;
}

/** Of each section the passage that matches best, in the order of the sections. */
function bestOfSections(findings: readonly Finding[]): Finding[] {
  const seen = new Set<Section>();
  return findings.filter(({ section }) => !seen.has(section) && seen.add(section));
}

/** The passage that matches best, and further ones of its section for as long as they are short. */
function passagesToQuote(findings: readonly Finding[], { section, score }: Finding): Passage[] {
  const chosen = new Set<Passage>();
  let length = 0;
  for (const finding of findings) {
    if (finding.section !== section || finding.score < FURTHER_PASSAGE * score) continue;
    length += finding.passage.markdown.length;
    if (chosen.size > 0 && length > MOST_QUOTED) break;
    chosen.add(finding.passage);
  }
  // In the order in which the document says them.
  return section.passages.filter((passage) => chosen.has(passage));
}

function withExample({ markdown, example }: Passage): string {
  if (example === undefined || example.split('\n').length > EXAMPLE_LINES) return markdown;
  return `${markdown}\n\n${example.trim()}`;
}

function linksTo(findings: readonly Finding[]): string {
  return findings.map(({ section }) => linkTo(section)).join(', ');
}

function linkTo({ title, above, link }: Section): string {
  return `[${[...above, title].join(': ')}](${link})`;
}
