/** OpenAI's error object, the value of a body's `error`. */
export interface ErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** What OpenAI says with each status; a status that is not listed is a `server_error`. */
const ERRORS: Readonly<Record<number, readonly [type: string, code: string | null, text: string]>> =
  {
    400: ['invalid_request_error', null, 'The request is invalid.'],
    401: ['invalid_request_error', 'invalid_api_key', 'Incorrect API key provided: sk-secret.'],
    403: ['invalid_request_error', 'unsupported_country', 'Country not supported.'],
    404: ['invalid_request_error', 'model_not_found', 'The model does not exist.'],
    408: ['timeout_error', null, 'The request timed out.'],
    409: ['conflict_error', null, 'The request conflicts with another.'],
    413: ['invalid_request_error', null, 'The request is too large.'],
    422: ['invalid_request_error', null, 'The request could not be processed.'],
    429: ['rate_limit_error', 'rate_limit_exceeded', 'Rate limit reached.'],
  };

/** The error object that goes with a status, with the given members instead of its own. */
export function errorFor(status: number, members: Partial<ErrorBody> = {}): ErrorBody {
  const [type, code, message] = ERRORS[status] ?? [
    'server_error',
    null,
    'The server had an error while processing your request.',
  ];
  return { message, type, param: null, code, ...members };
}
