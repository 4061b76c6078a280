import { APIConnectionTimeoutError, APIError } from 'openai';
import type { ProviderConfig } from '../../config/models-config.js';
import { ProblemError, type ProblemOptions } from '../../http/problem.js';
import {
  AnswerTooLargeError,
  EndedEarlyError,
  MalformedChunkError,
  NoAnswerError,
  StatedFaultError,
} from './answer-errors.js';
import { faultKind } from './fault-kind.js';
import * as errors from './provider-errors.js';
import { readFault, type ProviderFault } from './provider-fault.js';
import { redactedError } from './redaction.js';
import { readRetryAfter } from './retry-after.js';
import { SseTooLongError } from './sse-parser.js';
import {
  ConnectionClosedError,
  ConnectTimeoutError,
  ProxyRefusedError,
  RedirectRefusedError,
  UnknownEncodingError,
  UpgradeRefusedError,
} from './transport-errors.js';

/** What an error says of its provider, and the secrets that it must not say. */
export type FailedProvider = Pick<ProviderConfig, 'name' | 'apiKey' | 'headers'>;

const UNTRUSTED =
  /CERT|CRL|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|INVALID_CA|INVALID_PURPOSE/;

/** Codes of connections that ended. */
const BROKEN_OFF =
  /^(ECONNRESET|ECONNABORTED|EPIPE|ERR_STREAM_PREMATURE_CLOSE|ERR_SOCKET_CLOSED|Z_BUF_ERROR)$/;

/** Codes of networks, name look-ups, sockets and TLS. */
const NETWORK =
  /^(ECONN\w+|EHOST\w+|ENET\w+|EAI_\w+|ENOTFOUND|ENOTCONN|ETIMEDOUT|EPROTO|EACCES|EPERM|ERR_SSL_\w+|ERR_TLS_\w+|ERR_SOCKET_\w+)$/;

/** Codes of a machine that has no more sockets or ports: no provider can help it. */
const EXHAUSTED = /^(EMFILE|ENFILE|ENOBUFS|EADDR\w+)$/;

/** Codes of what is no HTTP, and of a compression that cannot be undone. */
const MALFORMED = /^(HPE_|Z_|ERR_BROTLI_|ERR__ERROR_FORMAT_)/;

/**
 * Makes one of our errors out of whatever went wrong in a call of `provider`. What nobody knows
 * is no failure of the provider but a fault of ours: it stays what it is, without secrets.
 */
export function toProviderError(error: unknown, provider: FailedProvider): Error {
  const chain = causes(error);
  const ours = chain.find((one) => one instanceof ProblemError);
  if (ours !== undefined) return ours;

  const secrets = [provider.apiKey, ...Object.values(provider.headers)].filter(
    (secret) => secret !== undefined,
  );
  const because = { cause: redactedError(error, secrets) };
  for (const one of chain) {
    const known = fromKnown(one, provider.name, because);
    if (known !== undefined) return known;
  }
  return because.cause;
}

function fromKnown(error: unknown, name: string, because: ProblemOptions): Error | undefined {
  const malformed = (what: string) => new errors.StreamMalformedError(name, what, because);

  if (error instanceof StatedFaultError) return fromFault(error.fault, name, because);
  if (error instanceof EndedEarlyError) {
    return new errors.ProviderUnavailableError(name, 'ended early', because);
  }
  if (error instanceof ConnectionClosedError) {
    return new errors.ProviderUnavailableError(name, 'broke off the connection', because);
  }
  if (error instanceof MalformedChunkError) {
    return malformed('sent a payload that is no chunk of an answer');
  }
  if (error instanceof NoAnswerError)
    return malformed('sent something that is no answer of a model');
  if (error instanceof AnswerTooLargeError) return malformed(`sent more than ${error.limit}`);
  if (error instanceof SseTooLongError) return malformed('sent an event that is too long');
  if (error instanceof UnknownEncodingError)
    return malformed('sent an encoding that we cannot read');
  if (error instanceof UpgradeRefusedError) return malformed('wants to speak another protocol');
  if (error instanceof ProxyRefusedError) {
    const isOutage = error.status === undefined || error.status >= 500;
    const what = 'cannot be reached: the proxy refused the connection';
    const options = { ...because, retryable: isOutage, isOutage };
    return new errors.ProviderUnavailableError(name, what, options);
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
  const unavailable = (what: string, options: errors.OutageOptions = because) =>
    new errors.ProviderUnavailableError(name, what, options);

  if (UNTRUSTED.test(code)) {
    const what = 'showed a certificate that we do not trust';
    return unavailable(what, { ...because, retryable: false, isOutage: false });
  }
  if (BROKEN_OFF.test(code)) return unavailable('broke off the connection');
  if (NETWORK.test(code)) return unavailable('cannot be reached');
  if (EXHAUSTED.test(code)) {
    return unavailable('cannot be reached', { ...because, isOutage: false });
  }
  if (!MALFORMED.test(code)) return undefined;
  return new errors.StreamMalformedError(name, 'sent something that is no answer', because);
}

function fromFault(fault: ProviderFault, name: string, because: ProblemOptions): ProblemError {
  const status = fault.status === undefined ? '' : ` (status ${fault.status})`;
  // A 408 or 409 is said of one request.
  const told = { ...because, isOutage: fault.status === undefined || fault.status >= 500 };
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
      return new errors.ProviderTimeoutError(name, `took too long${status}`, told);
    case 'unavailable':
      return new errors.ProviderUnavailableError(name, `is unavailable${status}`, told);
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
