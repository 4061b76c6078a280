import { WHO } from './introduction.js';

/** What is said where a command that shows a fault comes without a question. */
export const DEMONSTRATIONS = {
  slow: [
    `${WHO} You have made me slow: I pause before each word, so that you have the time to hang up, to ` +
      'come back with `Last-Event-ID`, to follow this run from a second terminal, to cancel it, or to ' +
      'kill the service and start it again.',
    'Whatever you do, the words that you have seen stay as they are, the others come after them, and ' +
      'none comes twice.',
  ],
  drop: [
    `${WHO} You have told me to break the connection in the middle of this answer, as a provider does ` +
      'whose network fails. If you read this, the service has noticed it, has called me again with the ' +
      'words that I had said, and has had the answer gone on with: none is missing, and none came twice.',
    'In a stream, a chunk of the type `provider_switched` stands where it broke, and the last chunk ' +
      'counts the calls in `attempts`. [Models](/docs/models.md#how-an-answer-goes-on) tells how an ' +
      'answer goes on.',
  ],
  stall: [
    `${WHO} You have told me to fall silent in the middle of this answer, as a provider does that is ` +
      'overloaded. If you read this, the service has kept your connection open with heartbeats, has ' +
      'given me up when I had said nothing for 20 seconds, has called me again with the words that I ' +
      'had said, and has had the answer gone on with.',
    'In a stream, a chunk of the type `provider_switched` stands where I fell silent. ' +
      '[Models](/docs/models.md#when-a-provider-fails) has the time-outs of other providers.',
  ],
} as const;

/** Counts, so that a missing or repeated word would be seen. */
export function countTo(number: number): string {
  return Array.from({ length: number }, (_, index) => index + 1).join(' ');
}
