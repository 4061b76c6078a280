import { stemmer } from 'stemmer';

/** Words that say how a question is put, and nothing of what it is about. */
const STOP_WORDS = new Set(
  `a about above after again against all also am an and any anybody anyhow anyone anything are around as ask asks
   at back be because been before being below both but by can cannot could did do does doing done
   each either else ever every everything exactly few for from further get gets getting give gives go goes going got had
   happen happens has have having he help her here hers him his how i if in into is it its itself just kind know let
   like look make makes making many matter may maybe me mean means might mine more most much must my myself
   need needs no nor not now of off ok okay on once one only or other our ours out over own please possible put
   quite rather really right same say see shall she should show so some somehow something sort still such
   suppose sure take tell than that the their them then there these they thing things this those though
   through to too try trying under until up upon us use used uses using very via want wants was way ways
   we well were what whatever when where whether which while who whom whose why will wish with within without
   work works would yes yet you your yours
   s t d ll m re ve don doesn didn isn aren wasn weren won wouldn couldn shouldn hasn haven hadn ain
   agno api service`.split(/\s+/),
);

/** A word, or words that are written as one: `Last-Event-ID`, `RUN_RETENTION`, `docs/models.md`. */
const WORD = /[\p{L}\p{N}]+(?:[_.\-/@:][\p{L}\p{N}]+)*/gu;

/** Words of two parts that are also written as one: `back up`, `shut down`, `time out`. */
const PARTICLES = new Set(['up', 'down', 'out', 'off', 'back', 'over']);

/** Letters and digits within a word. */
const PART = /[\p{L}\p{N}]+/gu;

/**
 * The words of a text, in its order, in lower case and by their stems (Porter). What is written as one
 * word is followed by its parts; what may be written as one is preceded by them.
 */
export function wordsOf(text: string): string[] {
  return tokensOf(text).map(({ term }) => term);
}

/**
 * What a question is about: its words without those that say how it is put, or all of them where it has
 * no others.
 */
export function termsOf(question: string): string[] {
  const tokens = tokensOf(question);
  const terms = tokens.filter(({ isStopWord }) => !isStopWord);
  return (terms.length > 0 ? terms : tokens).map(({ term }) => term);
}

interface Token {
  term: string;
  isStopWord: boolean;
}

function tokensOf(text: string): Token[] {
  const words = text.normalize('NFKC').toLowerCase().replace(/[’']/g, ' ').match(WORD) ?? [];
  return words.flatMap((word, index): Token[] => {
    const parts = word.match(PART) ?? [];
    const tokens = parts.map((part) => ({
      term: stemmer(part),
      isStopWord: STOP_WORDS.has(part),
    }));
    if (parts.length > 1) return [{ term: word, isStopWord: false }, ...tokens];
    const next = words[index + 1] ?? '';
    const joined = { term: stemmer(stemmer(word) + next), isStopWord: false };
    const isOne = PARTICLES.has(next) && (word === 'back' || !STOP_WORDS.has(word));
    return isOne ? [...tokens, joined] : tokens;
  });
}
