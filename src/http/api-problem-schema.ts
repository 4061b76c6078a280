import { PROBLEMS } from './problem.js';

/** The JSON schema of problem details, as the OpenAPI document holds it under `Problem`. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'Why a request was refused (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri', description: '`urn:agno-api:problem:` and the code.' },
    title: { type: 'string', description: 'What the code means, always in the same words.' },
    status: { type: 'integer', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'What happened this time, for people.' },
    instance: {
      type: 'string',
      format: 'uri-reference',
      description: 'The path of the request.',
    },
    code: {
      enum: Object.keys(PROBLEMS),
      description: 'The stable name of the failure: what a program tells failures apart by.',
    },
    errors: {
      type: 'array',
      description: 'The faults of the request, with `invalid_request`.',
      items: {
        type: 'object',
        properties: {
          pointer: {
            type: 'string',
            description: 'The place in the body: a JSON Pointer (RFC 6901) as a URI fragment.',
          },
          detail: { type: 'string' },
        },
        required: ['pointer', 'detail'],
      },
    },
    request_id: { type: 'string', description: 'As in `X-Request-Id`.' },
    run_id: {
      type: 'string',
      format: 'uuid',
      description: 'The run that failed, or that is in the way.',
    },
    session_id: {
      type: ['string', 'null'],
      format: 'uuid',
      description: 'The session of the run that failed.',
    },
    retryable: {
      type: 'boolean',
      description: 'Whether the same request may succeed later, of a run that failed.',
    },
    partial: { type: 'string', description: 'The text that came before the run failed.' },
    allowed: {
      type: 'array',
      items: { type: 'string' },
      description: 'The names that may be asked for, with `model_not_found`.',
    },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
};
