import { textOfChunk } from '../peers/text-of.ts';
import type { ChatRequest, Contender, Place } from './contender.ts';

/**
 * The request that every contender understands.
 * @param more fields of the body that only our service knows
 */
export function chatRequest(message: string, more: object = {}): ChatRequest {
  return {
    path: '/api/v1/chat',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ message, stream: true, ...more }),
  };
}

/** A contender whose script only needs to know where it stands. */
export function plain(
  about: Pick<Contender, 'id' | 'title' | 'script' | 'packages'>,
  textOf: Contender['textOf'] = textOfChunk,
): Contender {
  const prepare = async ({ port, upstream, model }: Place) => ({
    PORT: String(port),
    UPSTREAM: upstream,
    MODEL: model,
  });
  return { ...about, prepare, request: (message) => chatRequest(message), textOf };
}
