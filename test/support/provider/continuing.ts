import type { ProviderRequest } from './provider-request.js';
import type { Script } from './script.js';
import { done, finish, role, text, usage } from './steps.js';

/** How a provider that knows its answer goes on with it. */
export interface ContinuingOptions {
  /**
   * Characters a chunk, or what says how many the next one has, or a word (with the space before
   * it) a chunk. @default 'word'
   */
  piece?: number | (() => number) | 'word';
  /** Characters of the partial answer that are said again; more than it has: all. @default 0 */
  echo?: number;
  /** What happens instead of the rest, after so many chunks of text; whole answers end well. */
  fault?: { after: number; script: Script };
}

/**
 * Answers `truth`, and goes on with it where the request holds a part of it: as its last message
 * (`prefix`), or followed by one instruction to go on (`instruct`). So a test can cut an answer as
 * often as it likes and compare the whole with `truth`. A conversation that has the whole `truth`
 * as its last answer is one whose end was cut, so a second question wants a script of its own.
 */
export function continuing(truth: string, options: ContinuingOptions = {}): Script {
  return (request) => {
    const partial = partialAnswer(request, truth);
    const from = Math.max(0, partial.length - (options.echo ?? 0));
    const pieces = cut(truth.slice(from), options.piece ?? 'word');
    const { fault } = options;
    if (fault !== undefined && fault.after < pieces.length) {
      return [role(), text(...pieces.slice(0, fault.after)), fault.script];
    }
    return [role(), text(...pieces), finish('stop'), usage(), done()];
  };
}

/** The part of `truth` that the request holds; empty where it asks for a new answer. */
export function partialAnswer(request: ProviderRequest, truth: string): string {
  const { messages } = request.body;
  const last = messages.at(-1);
  const candidate = last?.role === 'assistant' ? last : messages.at(-2);
  if (candidate?.role !== 'assistant') return '';
  return truth.startsWith(candidate.content) ? candidate.content : '';
}

function cut(whole: string, piece: number | (() => number) | 'word'): string[] {
  if (piece === 'word') return whole.match(/\s*\S+|\s+$/g) ?? [];
  const characters = [...whole];
  const pieces: string[] = [];
  while (characters.length > 0) {
    const size = typeof piece === 'number' ? piece : piece();
    pieces.push(characters.splice(0, size).join(''));
  }
  return pieces;
}
