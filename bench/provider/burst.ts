import type { AnswerStream } from './answer-stream.ts';

/** Says all that is left of the answers at once: one of them in each turn of the event loop, whole. */
export function burst(
  answers: readonly AnswerStream[],
  said: (answer: AnswerStream) => void,
): void {
  const [answer, ...others] = answers;
  if (answer === undefined) return;
  answer.sayAll();
  said(answer);
  if (others.length > 0) setImmediate(burst, others, said);
}
