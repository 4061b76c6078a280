/**
 * Problem details (RFC 9457): the one shape of every refusal. Each code is stable and names one
 * kind of failure; its status and title follow from it.
 */
export const PROBLEMS = {
  invalid_request: [400, 'The request is not valid'],
  malformed_json: [400, 'The body is not JSON'],
  model_not_found: [400, 'There is no such model'],
  context_too_long: [400, 'The conversation is too long for the model'],
  images_not_supported: [400, 'The model cannot see images'],
  content_filtered: [400, 'The provider refused the content'],
  position_invalid: [400, 'There is no such position in the run'],
  idempotency_key_required: [400, 'An Idempotency-Key is required'],
  run_not_found: [404, 'There is no such run'],
  session_not_found: [404, 'There is no such session'],
  message_not_found: [404, 'There is no such message in the session'],
  agent_not_found: [404, 'There is no such agent'],
  approval_not_found: [404, 'No such tool call needs approval'],
  route_not_found: [404, 'There is no such route'],
  method_not_allowed: [405, 'The route does not know this method'],
  session_busy: [409, 'The session already has a run'],
  idempotency_conflict: [409, 'The Idempotency-Key was used for another request'],
  approval_decided: [409, 'The tool call has been decided on'],
  run_expired: [410, 'The run is no longer kept'],
  body_too_large: [413, 'The body is too large'],
  unsupported_media_type: [415, 'The body is of an unsupported media type'],
  provider_rate_limited: [429, 'The provider is limiting the rate'],
  internal: [500, 'Internal error'],
  provider_auth_failed: [502, 'The provider refused our credentials'],
  provider_rejected: [502, 'The provider rejected the request'],
  output_invalid: [502, 'The answer does not have the shape that was asked for'],
  stream_malformed: [502, 'The provider sent something that is not a stream'],
  provider_unavailable: [503, 'The provider is unavailable'],
  model_unavailable: [503, 'The model is unavailable'],
  overloaded: [503, 'Too many runs are active'],
  shutting_down: [503, 'The service is shutting down'],
  storage_unavailable: [503, 'The storage is unavailable'],
  provider_timeout: [504, 'The provider took too long'],
  run_timeout: [504, 'The run took too long'],
  approval_timeout: [504, 'Nobody has decided on the tool calls in time'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

/** A stable, documented name of one kind of failure. */
export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request: where (a JSON Pointer, RFC 6901, as a URI fragment) and what. */
export interface RequestFault {
  pointer: string;
  detail: string;
}

/** What a problem may say beside its code and detail. */
export interface ProblemOptions {
  /** The failure behind it: logged, never shown to a caller. */
  cause?: unknown;
  /** Whether the same request may succeed later. @default false */
  retryable?: boolean;
  /** Seconds for the `Retry-After` header. */
  retryAfter?: number;
  /** The faults of the request, one an entry. */
  errors?: readonly RequestFault[];
  /** Further members of the problem document, such as `run_id`. */
  members?: Readonly<Record<string, unknown>>;
}

/**
 * A failure with a code of its own. Every error that we throw on purpose extends it; `message` is
 * the `detail` that a caller reads, so it never holds a secret or a provider's own words.
 */
export class ProblemError extends Error {
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly errors: readonly RequestFault[] | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(
    readonly code: ProblemCode,
    detail: string,
    options: ProblemOptions = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = new.target.name;
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
    this.errors = options.errors;
    this.members = options.members ?? {};
  }

  get status(): number {
    return PROBLEMS[this.code][0];
  }

  get title(): string {
    return PROBLEMS[this.code][1];
  }
}
