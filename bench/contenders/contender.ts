/** A request for a streamed answer. */
export interface ChatRequest {
  /** @default POST */
  readonly method?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a contender's process is given. */
export interface Place {
  /** The port that it is to listen on, at 127.0.0.1. */
  readonly port: number;
  /** The provider's address, with its `/v1`. */
  readonly upstream: string;
  readonly model: string;
  /** A directory of its own, empty at first. */
  readonly directory: string;
}

/** A server that passes a provider's answers on. */
export interface Contender {
  readonly id: string;
  /** What it is, in a few words, for the tables. */
  readonly title: string;
  /** The script that Node runs. */
  readonly script: string;
  /** The packages whose versions matter to what it costs. */
  readonly packages: readonly string[];
  /** Makes what it needs in its directory. Resolves with its environment, beside `NODE_ENV`. */
  prepare(place: Place): Promise<Record<string, string>>;
  readonly request: (message: string) => ChatRequest;
  /** The text in the payload of a `data:` line; undefined or empty where it has none. */
  readonly textOf: (payload: string) => string | undefined;
}
