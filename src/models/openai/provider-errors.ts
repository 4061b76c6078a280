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

/** The provider cannot be reached, fails, or broke off. */
export class ProviderUnavailableError extends ProblemError {
  constructor(provider: string, what = 'is unavailable', options?: ProblemOptions) {
    super('provider_unavailable', `${provider} ${what}.`, { retryable: true, ...options });
  }
}

/** The provider kept silent for longer than the model's deadlines allow. */
export class ProviderTimeoutError extends ProblemError {
  constructor(provider: string, what = 'took too long', options?: ProblemOptions) {
    super('provider_timeout', `${provider} ${what}.`, { retryable: true, ...options });
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
