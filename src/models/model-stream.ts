/** What is said to a model and what it says: the vocabulary between the agent loop and a provider. */

/** A part of a message: text, or an image for models that can see. */
export type ContentPart =
  | { type: 'text'; text: string }
  | {
      type: 'image';
      /** An `https:` or `http:` address, or a `data:` URI. */
      url: string;
      /** How closely the model is to look, as in the OpenAI API. @default 'auto' */
      detail?: 'auto' | 'low' | 'high';
    };

/** What a message says. One of nothing but text is always a string. */
export type MessageContent = string | readonly ContentPart[];

/** A tool call as a model wrote it. */
export interface ModelToolCall {
  id: string;
  name: string;
  /** JSON text of an object. */
  arguments: string;
  /** What its provider wants to have back with it, such as Gemini's thought signature. */
  extra?: unknown;
}

/** One message of a conversation, as a provider gets it. */
export type ModelMessage =
  | { role: 'system' | 'user'; content: MessageContent }
  | {
      role: 'assistant';
      content: string;
      toolCalls?: readonly ModelToolCall[];
      /** What the model has thought before it asked for tools; some providers want it back. */
      reasoning?: string;
    }
  /** What became of a tool call of the assistant's message before it. */
  | { role: 'tool'; content: string; toolCallId: string };

/** A tool that a model may ask for. */
export interface ModelTool {
  name: string;
  description: string;
  /** A JSON schema of an object. */
  parameters: Readonly<Record<string, unknown>>;
}

/** One model call. */
export interface ModelCall {
  messages: readonly ModelMessage[];
  /** Most tokens to answer with; the provider's own limit where absent. */
  maxTokens?: number | undefined;
  /** 0 to 2; the provider's own default where absent. */
  temperature?: number | undefined;
  /** OpenAI's `response_format`, passed on as it is. */
  responseFormat?: Readonly<Record<string, unknown>> | undefined;
  /** The tools that it may ask for. */
  tools?: readonly ModelTool[] | undefined;
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
      /** What the provider wants to have back with the call; on one piece of it at most. */
      extra?: unknown;
    }
  | { type: 'usage'; usage: Usage }
  | { type: 'finish'; reason: ModelFinishReason };

/**
 * A model's answer as it comes: the deltas that arrived together are one array, so that they can
 * become one event. It ends normally only after a `finish` delta, otherwise it throws.
 */
export type ModelStream = AsyncIterable<readonly ModelDelta[]>;

export function hasImages(content: MessageContent): boolean {
  return typeof content !== 'string' && content.some((part) => part.type === 'image');
}

/** The text of a message; what else it has is left out. */
export function textOf(content: MessageContent): string {
  if (typeof content === 'string') return content;
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}
