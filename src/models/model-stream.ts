/** What is said to a model and what it says: the vocabulary between the agent loop and a provider. */

/** One message of a conversation, as a provider gets it. */
export interface ModelMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** One model call: a turn of a run. */
export interface ModelCall {
  messages: readonly ModelMessage[];
  /** Most tokens to answer with; the provider's own limit where absent. */
  maxTokens?: number | undefined;
  /** 0 to 2; the provider's own default where absent. */
  temperature?: number | undefined;
  /** OpenAI's `response_format`, passed on as it is. */
  responseFormat?: Readonly<Record<string, unknown>> | undefined;
  /** Ends the call at once: the provider's socket is closed, even when it is silent. */
  signal: AbortSignal;
}

/** Tokens of one or more model calls. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** True where the provider gave none and the tokens were counted by us. */
  estimated?: true;
}

/** Why a model stopped: OpenAI's `finish_reason`. */
export type ModelFinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

/** A piece of a model's answer. */
export type ModelDelta =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | {
      type: 'tool_call';
      /** Which of the parallel calls this piece belongs to. */
      index: number;
      /** Only on the first piece of a call. */
      id?: string;
      /** Only on the first piece of a call. */
      name?: string;
      /** The next piece of the arguments' JSON text. */
      argumentsDelta: string;
    }
  | { type: 'usage'; usage: Usage }
  | { type: 'finish'; reason: ModelFinishReason };

/**
 * A model's answer as it comes: the deltas that arrived together are one array, so that they can
 * become one event. It ends normally only after a `finish` delta, otherwise it throws.
 */
export type ModelStream = AsyncIterable<readonly ModelDelta[]>;
