import { describe, expect, it } from '@jest/globals';
import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { inspect } from 'node:util';
import { ProblemError } from '../../http/problem.js';
import {
  AnswerTooLargeError,
  EndedEarlyError,
  NoAnswerError,
  NotJsonError,
  StatedFaultError,
} from './answer-errors.js';
import * as errors from './provider-errors.js';
import { readFault } from './provider-fault.js';
import { SseTooLongError } from './sse-parser.js';
import { providerConfig } from './testing/answers.js';
import { toProviderError } from './to-provider-error.js';
import {
  ConnectionClosedError,
  ConnectTimeoutError,
  ProxyRefusedError,
  RedirectRefusedError,
  UnknownEncodingError,
  UpgradeRefusedError,
} from './transport-errors.js';

const acme = providerConfig({
  apiKey: 'secret-key-of-acme',
  headers: { 'api-key': 'header-secret' },
});

/** What the client throws for a response. */
function answered(status: number, body: unknown, headers: Record<string, string> = {}): APIError {
  const wrapped =
    typeof body === 'object' && body !== null && 'error' in body ? body : { error: body };
  return APIError.generate(status, wrapped, undefined, new Headers(headers));
}

const system = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code });
const connection = (cause: Error) => new APIConnectionError({ cause });
const error = (message: string, rest: object = {}) => ({ error: { message, ...rest } });

type Class = new (...args: never[]) => ProblemError;

describe('toProviderError', () => {
  it.each<[name: string, thrown: unknown, expected: Class, code: string, retryable: boolean]>([
    [
      '401',
      answered(401, error('Incorrect API key')),
      errors.ProviderAuthError,
      'provider_auth_failed',
      false,
    ],
    [
      '403',
      answered(403, error('Country not supported')),
      errors.ProviderAuthError,
      'provider_auth_failed',
      false,
    ],
    [
      'a wrong key with 400 (Gemini)',
      answered(400, [
        error('API key not valid. Please pass a valid API key.', { status: 'INVALID_ARGUMENT' }),
      ]),
      errors.ProviderAuthError,
      'provider_auth_failed',
      false,
    ],
    [
      '429',
      answered(429, error('Slow down', { type: 'requests' })),
      errors.ProviderRateLimitedError,
      'provider_rate_limited',
      true,
    ],
    [
      'a quota that is used up',
      answered(429, error('You exceeded your quota', { code: 'insufficient_quota' })),
      errors.ProviderQuotaExceededError,
      'provider_rate_limited',
      false,
    ],
    [
      'a long context (OpenAI)',
      answered(400, error('x', { code: 'context_length_exceeded' })),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a long context (Anthropic)',
      answered(
        400,
        error('prompt is too long: 210000 tokens > 200000 maximum', {
          type: 'invalid_request_error',
        }),
      ),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a long context (Gemini)',
      answered(400, [
        error(
          'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
          { code: 400 },
        ),
      ]),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a long context (xAI)',
      answered(400, {
        code: 'x',
        error:
          "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
      }),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a long context (llama.cpp)',
      answered(
        400,
        error('the request exceeds the available context size', {
          type: 'exceed_context_size_error',
        }),
      ),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a long context (vLLM, no error around it)',
      answered(400, {
        object: 'error',
        message: "This model's maximum context length is 4096 tokens.",
        code: 400,
      }),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      '413',
      answered(413, 'Payload Too Large'),
      errors.ContextTooLongError,
      'context_too_long',
      false,
    ],
    [
      'a filter (Azure)',
      answered(
        400,
        error('x', {
          code: 'content_filter',
          innererror: { code: 'ResponsibleAIPolicyViolation' },
        }),
      ),
      errors.ContentFilteredError,
      'content_filtered',
      false,
    ],
    [
      'a filter named only inside (Azure)',
      answered(
        400,
        error('x', { code: null, innererror: { code: 'ResponsibleAIPolicyViolation' } }),
      ),
      errors.ContentFilteredError,
      'content_filtered',
      false,
    ],
    [
      'a filter (DeepSeek)',
      answered(400, error('Content Exists Risk')),
      errors.ContentFilteredError,
      'content_filtered',
      false,
    ],
    [
      'a filter (OpenRouter)',
      answered(
        403,
        error('x', { code: 403, metadata: { reasons: ['violence'], flagged_input: 'x' } }),
      ),
      errors.ContentFilteredError,
      'content_filtered',
      false,
    ],
    [
      'a missing model (OpenAI)',
      answered(404, error('x', { code: 'model_not_found' })),
      errors.ProviderModelMissingError,
      'model_unavailable',
      false,
    ],
    [
      'a missing model (Ollama)',
      answered(404, error('model "llama9" not found, try pulling it first')),
      errors.ProviderModelMissingError,
      'model_unavailable',
      false,
    ],
    [
      'a missing model (DeepSeek)',
      answered(400, error('Model Not Exist')),
      errors.ProviderModelMissingError,
      'model_unavailable',
      false,
    ],
    [
      'a missing model (OpenRouter)',
      answered(400, error('x/y is not a valid model ID', { code: 400 })),
      errors.ProviderModelMissingError,
      'model_unavailable',
      false,
    ],
    [
      'a wrong address',
      answered(404, '<html>Not Found</html>'),
      errors.ProviderRejectedError,
      'provider_rejected',
      false,
    ],
    [
      '400',
      answered(400, error('temperature is not supported')),
      errors.ProviderRejectedError,
      'provider_rejected',
      false,
    ],
    [
      '402',
      answered(402, error('Insufficient credits', { code: 402 })),
      errors.ProviderQuotaExceededError,
      'provider_rate_limited',
      false,
    ],
    [
      '402 that blames the request (DeepSeek)',
      answered(402, error('Insufficient Balance', { code: 'invalid_request_error' })),
      errors.ProviderQuotaExceededError,
      'provider_rate_limited',
      false,
    ],
    [
      'a balance that is used up (Anthropic)',
      answered(
        400,
        error('Your credit balance is too low to access the Anthropic API.', {
          type: 'invalid_request_error',
        }),
      ),
      errors.ProviderQuotaExceededError,
      'provider_rate_limited',
      false,
    ],
    [
      '422',
      answered(422, { detail: [{ msg: 'field required' }] }),
      errors.ProviderRejectedError,
      'provider_rejected',
      false,
    ],
    [
      '500',
      answered(500, error('The server had an error')),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      '500 that blames the request',
      answered(500, error('x', { type: 'invalid_request_error' })),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      '502 with a page',
      answered(502, '<html>Bad Gateway</html>'),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    ['503', answered(503, ''), errors.ProviderUnavailableError, 'provider_unavailable', true],
    [
      '529',
      answered(529, error('Overloaded', { type: 'overloaded_error' })),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      '409',
      answered(409, error('Conflict')),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    ['504', answered(504, ''), errors.ProviderTimeoutError, 'provider_timeout', true],
    [
      'a refused connection',
      connection(system('ECONNREFUSED')),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'an unknown host',
      connection(system('ENOTFOUND')),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'a reset',
      system('ECONNRESET'),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'an untrusted certificate',
      connection(system('SELF_SIGNED_CERT_IN_CHAIN')),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      false,
    ],
    [
      'a connection that takes too long',
      Object.assign(new APIConnectionTimeoutError(), { cause: new ConnectTimeoutError(5) }),
      errors.ProviderTimeoutError,
      'provider_timeout',
      true,
    ],
    [
      'a client that gave up',
      new APIConnectionTimeoutError(),
      errors.ProviderTimeoutError,
      'provider_timeout',
      true,
    ],
    [
      'a redirect',
      connection(new RedirectRefusedError(302)),
      errors.ProviderRejectedError,
      'provider_rejected',
      false,
    ],
    [
      'an encoding',
      connection(new UnknownEncodingError('zstd')),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'an early end',
      new EndedEarlyError(),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'a payload that is no chunk',
      new NotJsonError('{'),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'an event without end',
      new SseTooLongError(8),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'a page instead of an answer',
      new NoAnswerError('text/html', '<html>'),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'an answer without end',
      new AnswerTooLargeError('8 characters'),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'a connection that is closed',
      new ConnectionClosedError(),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'an answer that is no HTTP',
      connection(system('HPE_INVALID_CONSTANT')),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'gzip that is none',
      system('Z_DATA_ERROR'),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    [
      'gzip that is cut',
      system('Z_BUF_ERROR'),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      true,
    ],
    [
      'an upgrade',
      connection(new UpgradeRefusedError()),
      errors.StreamMalformedError,
      'stream_malformed',
      false,
    ],
    ...([407, 503, undefined] as const).map((status): [string, unknown, Class, string, boolean] => [
      `a proxy that refuses with ${status}`,
      connection(new ProxyRefusedError(status)),
      errors.ProviderUnavailableError,
      'provider_unavailable',
      status !== 407,
    ]),
  ])('knows %s', (_name, thrown, expected, code, retryable) => {
    const problem = toProviderError(thrown, acme);
    expect(problem.constructor).toBe(expected);
    expect(problem).toMatchObject({ code, retryable });
    expect(problem.message).toMatch(/Acme/);
  });

  it.each<[name: string, body: unknown, expected: Class]>([
    [
      'a status for a code (OpenRouter)',
      error('x', { code: 429 }),
      errors.ProviderRateLimitedError,
    ],
    ['a code', error('x', { code: 'rate_limit_exceeded' }), errors.ProviderRateLimitedError],
    ['a type', error('x', { type: 'invalid_request_error' }), errors.ProviderRejectedError],
    ['a sentence', error('The prompt is too long'), errors.ContextTooLongError],
    ['nothing to go by', error('The server had an error'), errors.ProviderUnavailableError],
    ['only a string', { error: 'Slow down' }, errors.ProviderUnavailableError],
  ])('knows what a stream states with %s', (_name, body, expected) => {
    const problem = toProviderError(new StatedFaultError(readFault(body)), acme);
    expect(problem.constructor).toBe(expected);
  });

  it('takes over the wait that the provider asks for', () => {
    const limited = toProviderError(answered(429, error('x'), { 'retry-after': '7' }), acme);
    const busy = toProviderError(answered(503, error('x'), { 'retry-after-ms': '1500' }), acme);
    expect([limited, busy]).toMatchObject([{ retryAfter: 7 }, { retryAfter: 2 }]);
  });

  it('leaves our own errors as they are, however deep they are', () => {
    const ours = new errors.ContentFilteredError('Acme');
    expect(toProviderError(ours, acme)).toBe(ours);
    expect(
      toProviderError(new Error('outer', { cause: new Error('inner', { cause: ours }) }), acme),
    ).toBe(ours);
  });

  it('never tells a caller what the provider said', () => {
    const problem = toProviderError(answered(400, error('internal host db-7 failed')), acme);
    expect(problem.message).toBe('Acme rejected the request (status 400).');
    expect((problem.cause as Error).message).toContain('internal host db-7 failed');
  });

  it('hides keys, the configured ones and all that look like one, from the log too', () => {
    const said =
      'Incorrect API key provided: secret-key-of-acme, header-secret, sk-proj-abcdefgh, ' +
      'Bearer eyJhbGciOi, abcd****wxyz, http://user:pass@proxy:3128';
    const inner = Object.assign(new Error(said), {
      config: { headers: { key: 'secret-key-of-acme' } },
    });
    const wrapped = [
      answered(401, error(said)),
      connection(inner),
      new StatedFaultError(readFault(error(said))),
    ];
    for (const thrown of wrapped) {
      const logged = inspect(toProviderError(thrown, acme), { depth: 20, showHidden: true });
      expect(logged).toContain('[redacted]');
      expect(logged).not.toMatch(/secret|sk-proj|eyJ|wxyz|pass@/);
    }
  });

  it.each<[thrown: unknown, name: string, message: string]>([
    [new TypeError('x is not a function'), 'TypeError', 'x is not a function'],
    [connection(new RangeError('Maximum call stack')), 'Error', 'Connection error.'],
    [system('ERR_INVALID_ARG_TYPE'), 'Error', 'connect ERR_INVALID_ARG_TYPE 10.0.0.1:443'],
    ['secret-key-of-acme', 'Error', '[redacted]'],
    [undefined, 'Error', 'undefined'],
  ])('leaves %j, which is a fault of ours, what it is', (thrown, name, message) => {
    const error = toProviderError(thrown, acme);
    expect(error).not.toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ name, message });
  });

  it('hides a key that stands where a long text is cut', () => {
    for (let before = 4_096 - 30; before < 4_096; before++) {
      const said = `${'x '.repeat(before / 2)} secret-key-of-acme`;
      const logged = inspect(toProviderError(new StatedFaultError(readFault(error(said))), acme), {
        maxStringLength: null,
      });
      expect(logged).not.toContain('secr');
    }
  });

  it('ends with a chain of causes that has no end', () => {
    const loop = new Error('loop');
    loop.cause = loop;
    expect(toProviderError(loop, acme)).toMatchObject({ message: 'loop' });
  });
});

describe('isOutage', () => {
  const speaksAgainst = (thrown: unknown) => errors.isOutage(toProviderError(thrown, acme));
  const stated = (body: unknown) => new StatedFaultError(readFault(body));

  it.each<[name: string, thrown: unknown]>([
    ['a refused connection', connection(system('ECONNREFUSED'))],
    ['a host whose name is not found', connection(system('ENOTFOUND'))],
    ['a name look-up that fails', connection(system('EAI_AGAIN'))],
    ['a network that is not there', connection(system('ENETUNREACH'))],
    ['a TLS handshake that fails', connection(system('EPROTO'))],
    ['a reset', connection(system('ECONNRESET'))],
    ['a connection that is closed', new ConnectionClosedError()],
    ['a connection that is not taken in time', new ConnectTimeoutError(10_000)],
    ['a time-out of the client', new APIConnectionTimeoutError()],
    ['a stream without an end', new EndedEarlyError()],
    ['an error in the stream', stated(error('The server had an error'))],
    ['an error in the stream, stated with its status', stated(error('x', { code: 503 }))],
    ['a proxy that does not answer', new ProxyRefusedError(undefined)],
    ['a proxy that cannot reach it', new ProxyRefusedError(502)],
    ...[500, 502, 503, 504, 520, 524, 529].map((status): [string, unknown] => [
      `status ${status}`,
      answered(status, error('x')),
    ]),
  ])('is %s', (_name, thrown) => {
    expect(speaksAgainst(thrown)).toBe(true);
  });

  it.each<[name: string, thrown: unknown]>([
    ...[400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 425, 429, 451, 499].map(
      (status): [string, unknown] => [`status ${status}`, answered(status, error('x'))],
    ),
    ['a limited rate that is stated in the stream', stated(error('x', { code: 429 }))],
    ['a machine that has no more sockets', connection(system('EMFILE'))],
    ['a machine that has no more ports', connection(system('EADDRNOTAVAIL'))],
    ['a certificate that is not trusted', connection(system('SELF_SIGNED_CERT_IN_CHAIN'))],
    ['a certificate that is too old', connection(system('CERT_HAS_EXPIRED'))],
    ['a proxy that wants to know who we are', new ProxyRefusedError(407)],
    ['a redirect', new RedirectRefusedError(302)],
    ['a page', new NoAnswerError('text/html', '<')],
    ['what is no JSON', new NotJsonError('{')],
    ['a fault of ours', new TypeError('x is not a function')],
    ['an abort', new DOMException('This operation was aborted', 'AbortError')],
    ['a circuit that is open', new errors.CircuitOpenError('Acme', 500)],
    ['a key that cannot be sent', new errors.ProviderMisconfiguredError('Acme')],
  ])('is not %s', (_name, thrown) => {
    expect(speaksAgainst(thrown)).toBe(false);
  });

  it('is a deadline of ours', () => {
    expect(errors.isOutage(new errors.ProviderTimeoutError('Acme'))).toBe(true);
  });
});

describe('ModelNotFoundError', () => {
  it('lists what is allowed', () => {
    const problem = new errors.ModelNotFoundError('gpt-9', ['a', 'b']);
    expect(problem).toMatchObject({
      code: 'model_not_found',
      status: 400,
      members: { allowed: ['a', 'b'] },
    });
    expect(problem.message).toBe('There is no model "gpt-9". Allowed are: a, b.');
  });
});
