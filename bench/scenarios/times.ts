import type { AnswerReader } from '../load/answer-reader.ts';
import type { Sent } from '../provider/provider.ts';

/** How long each token but an answer's first took from the provider's write to its reader, in milliseconds. */
export function latencies(
  readers: readonly AnswerReader[],
  sent: ReadonlyMap<number, Sent>,
): number[] {
  return readers.flatMap(({ spec, arrivedAt, tokens }) => {
    const { sentAt } = sent.get(spec.id)!;
    return Array.from(arrivedAt.subarray(1, tokens), (at, index) => at - sentAt[index + 1]!);
  });
}

/**
 * What the server adds to each answer's first token: from the request to the token's arrival, without
 * the time that the provider had, in milliseconds.
 */
export function addedToFirstToken(
  readers: readonly AnswerReader[],
  sent: ReadonlyMap<number, Sent>,
): number[] {
  return readers.map(({ spec, arrivedAt, sentAt: askedAt }) => {
    const { receivedAt, sentAt } = sent.get(spec.id)!;
    return arrivedAt[0]! - askedAt - (sentAt[0]! - receivedAt);
  });
}
