import { ProblemError, type ProblemOptions } from '../../http/problem.js';

/*
 * One class for each way in which a model call fails. `detail` is in our words and names the
 * provider as people call it; what the provider said is in `cause`, without keys, for the log.
 */

/** The provider refused our credentials, or what they may do. */
export class ProviderAuthError extends ProblemError {
  constructor(provider: string, options?: ProblemOptions) {
    super('provider_auth_failed', `${provider} refused our credentials.`, options);
  }
}

/** The provider wants fewer requests or tokens a minute. */
export class ProviderRateLimitedError extends ProblemError {
  constructor(provider: string, what = 'is limiting our rate', options?: ProblemOptions) {
    super('provider_rate_limited', `${provider} ${what}.`, { retryable: true, ...options });
  }
}

/** What was paid for is used up: waiting does not help. */
export class ProviderQuotaExceededError extends ProviderRateLimitedError {
  constructor(provider: string, options?: ProblemOptions) {
    const what = 'says that the quota of our account is used up';
    super(provider, what, { ...options, retryable: false });
  }
}

/** The messages do not fit into the model's context window. */
export class ContextTooLongError extends ProblemError {
  constructor(provider: string, options?: ProblemOptions) {
    const detail = `The conversation is too long for the model, says ${provider}.`;
    super('context_too_long', detail, options);
  }
}

/** The provider's content filter refused the request. */
export class ContentFilteredError extends ProblemError {
  constructor(provider: string, options?: ProblemOptions) {
    super('content_filtered', `The content filter of ${provider} refused the request.`, options);
  }
}

/** The provider takes the request for a wrong one. */
export class ProviderRejectedError extends ProblemError {
  constructor(provider: string, what = 'rejected the request', options?: ProblemOptions) {
    super('provider_rejected', `${provider} ${what}.`, options);
  }
}

/** The provider does not have the model that the configuration names, or not for us. */
export class ProviderModelMissingError extends ProblemError {
  constructor(provider: string, options?: ProblemOptions) {
    super('model_unavailable', `${provider} does not offer the model.`, options);
  }
}

/** The key or a header that the configuration gives cannot stand in a request. */
export class ProviderMisconfiguredError extends ProblemError {
  constructor(provider: string, options?: ProblemOptions) {
    super('model_unavailable', `The key or a header for ${provider} cannot be sent.`, options);
  }
}

/** What an outage may say beside what every problem may. */
export interface OutageOptions extends ProblemOptions {
  /**
   * Whether it is told of the provider itself: it cannot be reached, drops connections, keeps silent
   * or answers 5xx. False where it answers, but not to this request. @default true
   */
  isOutage?: boolean;
}

/** The provider cannot be reached, fails, or broke off. */
export class ProviderUnavailableError extends ProblemError {
  readonly isOutage: boolean;

  constructor(provider: string, what = 'is unavailable', options: OutageOptions = {}) {
    super('provider_unavailable', `${provider} ${what}.`, { retryable: true, ...options });
    this.isOutage = options.isOutage ?? true;
  }
}

/** The provider kept silent for longer than the model's deadlines allow. */
export class ProviderTimeoutError extends ProblemError {
  readonly isOutage: boolean;

  constructor(provider: string, what = 'took too long', options: OutageOptions = {}) {
    super('provider_timeout', `${provider} ${what}.`, { retryable: true, ...options });
    this.isOutage = options.isOutage ?? true;
  }
}

/** The provider has failed so often that it is not asked for a while. */
export class CircuitOpenError extends ProviderUnavailableError {
  /**
   * @param waitMs until it may be tried again, in milliseconds
   * @param onTrial whether a call is under way that will tell
   */
  constructor(
    provider: string,
    readonly waitMs: number,
    readonly onTrial = false,
  ) {
    const what = 'has failed again and again, and is tried again soon';
    super(provider, what, { isOutage: false, retryAfter: Math.ceil(waitMs / 1000) });
  }
}

/** The provider's answer is no stream of chat completion chunks. */
export class StreamMalformedError extends ProblemError {
  constructor(provider: string, what: string, options?: ProblemOptions) {
    super('stream_malformed', `${provider} ${what}.`, options);
  }
}

/** A caller asked for a model that is not configured. `members.allowed` lists those that are. */
export class ModelNotFoundError extends ProblemError {
  constructor(name: string, allowed: readonly string[]) {
    const detail = `There is no model ${JSON.stringify(name)}. Allowed are: ${allowed.join(', ')}.`;
    super('model_not_found', detail, { members: { allowed } });
  }
}

/** A model is configured but its provider is not usable, for a reason such as a missing key. */
export class ModelUnavailableError extends ProblemError {
  constructor(name: string, reason: string) {
    super('model_unavailable', `The model ${JSON.stringify(name)} is unavailable: ${reason}.`);
  }
}

/** Whether a failure speaks against the provider, whoever had asked it for what. */
export function isOutage(error: unknown): boolean {
  return (
    (error instanceof ProviderUnavailableError || error instanceof ProviderTimeoutError) &&
    error.isOutage
  );
}
