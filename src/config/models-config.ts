import { frozenMap } from './frozen-map.js';

/** What a model can do beyond text. */
export const CAPABILITIES = ['tools', 'vision', 'reasoning', 'json_schema'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** The name under which a provider takes the limit of an answer's tokens. */
export const MAX_TOKENS_FIELDS = ['max_tokens', 'max_completion_tokens'] as const;
export type MaxTokensField = (typeof MAX_TOKENS_FIELDS)[number];

/**
 * How an answer that was cut goes on: `instruct` asks for the rest in a further message, `prefix`
 * hands the partial text over as an assistant message that the provider is documented to continue,
 * `none` lets the run fail with its partial text.
 */
export const CONTINUATIONS = ['instruct', 'prefix', 'none'] as const;
export type Continuation = (typeof CONTINUATIONS)[number];

/** The assistant that needs no provider: always there, never listed in a file. */
export const OFFLINE_PROVIDER = 'offline';
export const OFFLINE_MODEL = `${OFFLINE_PROVIDER}/assistant`;

/**
 * The providers that are looked for on the machine itself, in the order in which their models may
 * become the default.
 */
export const LOCAL_PROVIDERS = ['ollama', 'lmstudio', 'llamacpp'] as const;
export type LocalProvider = (typeof LOCAL_PROVIDERS)[number];

/** An OpenAI-compatible endpoint. */
export interface ProviderConfig {
  /** Its key in `models.yaml`, and the first part of `provider/model`. */
  readonly id: string;
  /** What people call it. @default id */
  readonly name: string;
  /** The address before `/chat/completions`, without a slash at its end. Undefined only where `unavailable`. */
  readonly baseUrl: string | undefined;
  /** Sent as a bearer token. Undefined: none is needed, or the provider is `unavailable`. */
  readonly apiKey: string | undefined;
  /**
   * Why it cannot be used, such as `OPENAI_API_KEY is not set`. Undefined: it can be. Where it is
   * looked for, it holds as long as nobody answers.
   */
  readonly unavailable: string | undefined;
  /**
   * Where its server is looked for, since it has no address: `http://127.0.0.1:11434`. Undefined: it
   * is not looked for.
   */
  readonly lookedForAt?: readonly string[];
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether `stream_options.include_usage` is sent. @default true */
  readonly streamUsage: boolean;
  /** Whether a caller may name any model of it, as `provider/model`. @default false */
  readonly unlistedModels: boolean;
  /** That of its models which say nothing else. @default 'max_tokens' */
  readonly maxTokensField?: MaxTokensField;
  /** Longest wait for a connection, in milliseconds. @default 10000 */
  readonly connectTimeoutMs: number;
  /** Longest wait for the first token, in milliseconds. @default 120000 */
  readonly firstTokenTimeoutMs: number;
  /** Longest silence between two tokens, in milliseconds. @default 60000 */
  readonly tokenTimeoutMs: number;
}

/** A model that a caller may ask for by its name. */
export interface ModelConfig {
  /** Its key in `models.yaml`. */
  readonly name: string;
  /** The `id` of its provider, which is in the same configuration. */
  readonly provider: string;
  /** The provider's own name for it. @default name */
  readonly model: string;
  /** Most tokens of a request and its answer together. */
  readonly contextWindow?: number;
  /** Most tokens of an answer. */
  readonly maxOutputTokens?: number;
  /** US dollars for a million tokens. */
  readonly prices?: { readonly input: number; readonly output: number };
  readonly capabilities: readonly Capability[];
  /** @default its provider's */
  readonly maxTokensField: MaxTokensField;
  /** Names of the listed models to go to, in order, when its provider fails. */
  readonly fallbacks: readonly string[];
  /** @default 'instruct' */
  readonly continuation: Continuation;
  /** Longest wait for the first token, in milliseconds. @default its provider's */
  readonly firstTokenTimeoutMs: number;
  /** Longest silence between two tokens, in milliseconds. @default its provider's */
  readonly tokenTimeoutMs: number;
}

/** What `config/models.yaml` says, in the order of the file. */
export class ModelsConfig {
  readonly providers: ReadonlyMap<string, ProviderConfig>;
  readonly models: ReadonlyMap<string, ModelConfig>;
  /**
   * `MODEL_NAME`: one of `models`, a `provider/model` of a provider that allows unlisted ones, or
   * `offline/assistant`. Unset: the first model whose provider is usable is the default.
   */
  readonly defaultModel?: string;

  constructor(
    providers: Iterable<ProviderConfig>,
    models: Iterable<ModelConfig>,
    defaultModel?: string,
  ) {
    this.providers = frozenMap([...providers].map((one) => [one.id, Object.freeze(one)]));
    this.models = frozenMap([...models].map((one) => [one.name, Object.freeze(one)]));
    if (defaultModel !== undefined) this.defaultModel = defaultModel;
    Object.freeze(this);
  }
}
