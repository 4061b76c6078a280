import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { PROBLEMS, type ProblemCode } from './problem.js';

/** Codes that any route may answer with. */
const EVERYWHERE: readonly ProblemCode[] = ['internal', 'shutting_down'];

/** Documents the problems that a route may answer with, by their codes. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator & ClassDecorator {
  const byStatus = Map.groupBy([...codes, ...EVERYWHERE], (code) => PROBLEMS[code][0]);
  return applyDecorators(
    ...[...byStatus].map(([status, group]) =>
      ApiResponse({
        status,
        description: group.map((code) => `\`${code}\`: ${PROBLEMS[code][1]}.`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(group.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      }),
    ),
  );
}

function exampleOf(code: ProblemCode): object {
  const [status, title] = PROBLEMS[code];
  return {
    type: `urn:agno-api:problem:${code}`,
    title,
    status,
    detail: `${title}.`,
    instance: '/api/v1/chat',
    code,
    request_id: '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21',
  };
}
