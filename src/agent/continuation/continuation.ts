import type { Continuation as Mode } from '../../config/models-config.js';
import type { ModelMessage } from '../../models/model-stream.js';
import { EchoSeam } from './echo-seam.js';
import { RepetitionSeam } from './repetition-seam.js';
import type { Seam } from './seam.js';
import { WhiteSpaceSeam } from './white-space-seam.js';

/** What a model is told that is to go on with an answer. */
const INSTRUCTION =
  'Your answer was cut off. Go on exactly where it stopped, with the very next character: do not ' +
  'repeat any of it, and do not comment on it or on the interruption. If it was complete, say nothing.';

/** An answer that is to be gone on with. */
export interface CutAnswer {
  /** What the model was asked: its instructions and the conversation. */
  messages: readonly ModelMessage[];
  /** The text that readers have; '' where they have none. */
  partial: string;
  /** Whether `response_format` asks for a JSON value. */
  asksForValue: boolean;
}

/** A model call that goes on with an answer. */
export interface Continuation {
  messages: readonly ModelMessage[];
  /** Whether the model says the answer from its beginning, instead of its rest. */
  anew: boolean;
  /** What the text of the call goes through. */
  seam: Seam;
}

/**
 * How a model goes on with an answer. An answer of nothing but white space is asked for afresh,
 * whatever the mode: there is nothing to go on with, and providers refuse such a message.
 * @returns undefined where it cannot: the answer has failed with its partial text
 */
export function continuationOf(mode: Mode, answer: CutAnswer): Continuation | undefined {
  const { messages, partial, asksForValue } = answer;
  const given: ModelMessage = { role: 'assistant', content: partial.trimEnd() };
  if (given.content === '') return { messages, anew: true, seam: new WhiteSpaceSeam(partial) };
  switch (mode) {
    case 'none':
      return undefined;
    case 'prefix':
      return {
        messages: [...messages, given],
        anew: false,
        seam: new WhiteSpaceSeam(partial.slice(given.content.length)),
      };
    case 'instruct':
      // A model that goes on with JSON as with prose begins a value of its own in the middle of one.
      if (asksForValue) return { messages, anew: true, seam: new RepetitionSeam(partial) };
      return {
        messages: [
          ...messages,
          { role: 'assistant', content: partial },
          { role: 'user', content: INSTRUCTION },
        ],
        anew: false,
        seam: new EchoSeam(partial),
      };
  }
}
