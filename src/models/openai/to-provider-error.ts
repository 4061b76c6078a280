import { APIConnectionTimeoutError, APIError } from 'openai';
import type { ProviderConfig } from '../../config/models-config.js';
import { ProblemError, type ProblemOptions } from '../../http/problem.js';
import { NoAnswerError } from './answer-reader.js';
import { EndedEarlyError, MalformedChunkError, StatedFaultError } from './completion-decoder.js';
import { faultKind } from './fault-kind.js';
import * as errors from './provider-errors.js';
import { readFault, type ProviderFault } from './provider-fault.js';
import { redact, redactedError } from './redaction.js';
import { readRetryAfter } from './retry-after.js';
import { SseTooLongError } from './sse-parser.js';
import {
  ConnectTimeoutError,
  RedirectRefusedError,
  UnknownEncodingError,
} from './transport-errors.js';

/** What an error says of its provider, and the secrets that it must not say. */
export type FailedProvider = Pick<ProviderConfig, 'name' | 'apiKey' | 'headers'>;

const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;
const BROKEN_OFF = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'Z_BUF_ERROR']);

/** Makes one of our errors out of whatever went wrong in a call of `provider`. */
export function toProviderError(error: unknown, provider: FailedProvider): ProblemError {
  const chain = causes(error);
  const ours = chain.find((one) => one instanceof ProblemError);
  if (ours !== undefined) return ours;

  const secrets = [provider.apiKey, ...Object.values(provider.headers)].filter(
    (secret) => secret !== undefined,
  );
  const because = { cause: redactedError(error, secrets) };
  for (const one of chain) {
    const known = fromKnown(one, provider.name, because, secrets);
    if (known !== undefined) return known;
  }
  return new errors.ProviderUnavailableError(provider.name, 'cannot be reached', because);
}

function fromKnown(
  error: unknown,
  name: string,
  because: ProblemOptions,
  secrets: readonly string[],
): ProblemError | undefined {
  if (error instanceof StatedFaultError) return fromFault(error.fault, name, because);
  if (error instanceof EndedEarlyError) {
    return new errors.ProviderUnavailableError(name, 'ended early', because);
  }
  if (error instanceof MalformedChunkError) {
    const cause = new Error(`${error.message} ${redact(error.payload, secrets)}`);
    const what = 'sent a payload that is no chunk of an answer';
    return new errors.StreamMalformedError(name, what, { cause });
  }
  if (error instanceof NoAnswerError) {
    const what = 'sent something that is no answer of a model';
    return new errors.StreamMalformedError(name, what, because);
  }
  if (error instanceof UnknownEncodingError) {
    const what = 'sent an encoding that we cannot read';
    return new errors.StreamMalformedError(name, what, because);
  }
  if (error instanceof SseTooLongError) {
    return new errors.StreamMalformedError(name, 'sent an event that is too long', because);
  }
  if (error instanceof RedirectRefusedError) {
    const what = 'answered with a redirect, which is not followed';
    return new errors.ProviderRejectedError(name, what, because);
  }
  if (error instanceof ConnectTimeoutError) {
    return new errors.ProviderTimeoutError(name, 'did not take a connection in time', because);
  }
  if (error instanceof APIConnectionTimeoutError) {
    return new errors.ProviderTimeoutError(name, undefined, because);
  }
  if (error instanceof APIError && typeof error.status === 'number') {
    const fault = readFault(error.error ?? error.message, error.status);
    const headers = error.headers as Headers | undefined;
    return fromFault(fault, name, { ...because, retryAfter: readRetryAfter(headers) });
  }
  return fromSystemCode((error as { code?: unknown } | undefined)?.code, name, because);
}

function fromSystemCode(
  code: unknown,
  name: string,
  because: ProblemOptions,
): ProblemError | undefined {
  if (typeof code !== 'string') return undefined;
  if (UNTRUSTED.test(code)) {
    const what = 'showed a certificate that we do not trust';
    return new errors.ProviderUnavailableError(name, what, { ...because, retryable: false });
  }
  const what = BROKEN_OFF.has(code) ? 'broke off the connection' : 'cannot be reached';
  return new errors.ProviderUnavailableError(name, what, because);
}

function fromFault(fault: ProviderFault, name: string, because: ProblemOptions): ProblemError {
  const status = fault.status === undefined ? '' : ` (status ${fault.status})`;
  switch (faultKind(fault)) {
    case 'auth':
      return new errors.ProviderAuthError(name, because);
    case 'rate_limited':
      return new errors.ProviderRateLimitedError(name, undefined, because);
    case 'quota':
      return new errors.ProviderQuotaExceededError(name, because);
    case 'context_too_long':
      return new errors.ContextTooLongError(name, because);
    case 'content_filtered':
      return new errors.ContentFilteredError(name, because);
    case 'model_missing':
      return new errors.ProviderModelMissingError(name, because);
    case 'timeout':
      return new errors.ProviderTimeoutError(name, `took too long${status}`, because);
    case 'unavailable':
      return new errors.ProviderUnavailableError(name, `is unavailable${status}`, because);
    case 'rejected':
      return new errors.ProviderRejectedError(name, `rejected the request${status}`, because);
  }
}

/** An error and what caused it, the innermost first: it knows best what happened. */
function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  for (let one = error; one !== undefined && chain.length < 5;) {
    chain.unshift(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return chain;
}
