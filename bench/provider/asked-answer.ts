import type { AnswerSpec } from '../answer.ts';
import { VOCABULARY } from '../vocabulary.ts';
import { tokenIndex } from '../answer.ts';

interface Message {
  role: string;
  content: string | { type: string; text?: string }[] | null;
}

/** What a request asks for: an answer, and from which of its tokens on. */
export interface AskedAnswer {
  readonly spec: AnswerSpec;
  /** The tokens that the request already has, as the assistant's unfinished message. */
  readonly from: number;
}

const textOf = ({ content }: Message): string =>
  typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? '').join('');

/** The tokens of the answer whose text comes to this length. */
function tokensWithin(spec: AnswerSpec, length: number): number {
  let position = 0;
  for (let end = 0; position < spec.tokens && end < length; position += 1) {
    end += VOCABULARY[tokenIndex(spec.seed, position)]!.length;
  }
  return position;
}

/** Reads the body of a chat completion request. Throws where it is none that this provider knows. */
export function askedAnswer(body: string): AskedAnswer {
  const { messages, stream } = JSON.parse(body) as { messages: Message[]; stream?: boolean };
  if (stream !== true) throw new Error('only streams');
  // Last first: a session has the answers that were asked for before, too.
  const at = messages.findLastIndex(
    (message) => message.role === 'user' && textOf(message).startsWith('{"id":'),
  );
  if (at < 0) throw new Error('no message asks for an answer');
  const spec = JSON.parse(textOf(messages[at]!)) as AnswerSpec;
  const partial = messages[at + 1];
  const from = partial?.role === 'assistant' ? tokensWithin(spec, textOf(partial).length) : 0;
  return { spec, from };
}
