/**
 * What a reader does with the payload of one `data:` line of a peer's stream. Loads none of the peers'
 * packages, so that the load generator can use it where these are not installed.
 */

/** The chunk that the peers without a format of their own send: that of the hand-written contenders. */
interface Chunk {
  content: string;
  done: boolean;
  model: string;
}

/** The part of the AI SDK's UI message stream that carries text; its other types have no `delta`. */
interface UiMessageChunk {
  type: string;
  delta?: string;
}

/** The text in a chunk of `nest-sse`, `mastra` or `langgraph`; undefined where it has none. */
export function textOfChunk(payload: string): string | undefined {
  return (JSON.parse(payload) as Chunk).content || undefined;
}

/** The text in a chunk of `ai-sdk`; undefined where it has none. */
export function textOfUiMessageChunk(payload: string): string | undefined {
  if (payload === '[DONE]') return undefined;
  const chunk = JSON.parse(payload) as UiMessageChunk;
  return chunk.type === 'text-delta' ? chunk.delta : undefined;
}
