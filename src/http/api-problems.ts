import { applyDecorators } from '@nestjs/common';
import { ApiResponse, type ApiResponseOptions } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from './problem.js';

/** Codes that any route may answer with. */
const EVERYWHERE: readonly ProblemCode[] = ['internal', 'shutting_down', 'storage_unavailable'];

/** The statuses of failures that may pass. */
const MAY_PASS: readonly number[] = [429, 503];

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which to try again, where they are known.',
    schema: { type: 'integer', minimum: 0 },
  },
};

type Headers = NonNullable<ApiResponseOptions['headers']>;

/** Documents the problems that a route may answer with, by their codes. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  return ApiProblemsWith({}, ...codes);
}

/** The same, where the answers may have further headers. */
export function ApiProblemsWith(
  headers: Headers,
  ...codes: ProblemCode[]
): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy([...codes, ...EVERYWHERE], (code) => PROBLEMS[code][0]);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join('\n\n'),
        headers: MAY_PASS.includes(status) ? { ...headers, ...RETRY_AFTER } : headers,
        content: {
          'application/problem+json': {
            schema: schemaOf(group),
            examples: Object.fromEntries(group.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      }),
    ),
  );
}

/** A problem with one of these codes. */
function schemaOf(codes: readonly ProblemCode[]): object {
  return {
    type: 'object',
    allOf: [{ $ref: '#/components/schemas/Problem' }],
    properties: { code: { enum: codes } },
  };
}

/** What some problems say beside the members that all have. */
const MEMBERS: Partial<Record<ProblemCode, object>> = {
  invalid_request: {
    detail: 'temperature must not be greater than 2.',
    errors: [{ pointer: '#/temperature', detail: 'temperature must not be greater than 2.' }],
  },
  model_not_found: {
    detail: 'There is no model "gpt-9". Allowed are: gpt-4o-mini, offline/assistant.',
    allowed: ['gpt-4o-mini', 'offline/assistant'],
  },
  provider_unavailable: {
    detail: 'OpenAI broke off the connection.',
    run_id: '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21',
    session_id: '0198c2a4-7d3f-7001-8a52-6a1d1f3b0c44',
    retryable: true,
    partial: 'The first half of the ans',
  },
};

function exampleOf(code: ProblemCode): object {
  const [status, title] = PROBLEMS[code];
  const { detail = `${title}.`, ...members } = { ...MEMBERS[code] } as { detail?: string };
  return {
    type: `urn:agno-api:problem:${code}`,
    title,
    status,
    detail,
    instance: '/api/v1/chat',
    code,
    request_id: '0198c2a4-7d3d-7a10-b0c2-6f4a3d2e1c0b',
    ...members,
  };
}
