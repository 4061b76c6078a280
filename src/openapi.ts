import { readFileSync } from 'node:fs';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { PROBLEMS } from './http/problem.js';
import { CHUNK_SCHEMAS } from './wire/native/chunk-schemas.js';
import { WireTimings, WireUsage } from './wire/native/usage.js';
import { WireFailure } from './wire/native/wire-failure.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'Why a request was refused (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string', format: 'uri-reference' },
    code: { enum: Object.keys(PROBLEMS), description: 'The stable name of the failure.' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          pointer: { type: 'string', description: 'A JSON Pointer (RFC 6901) as a fragment.' },
          detail: { type: 'string' },
        },
        required: ['pointer', 'detail'],
      },
    },
    request_id: { type: 'string' },
    run_id: { type: 'string', format: 'uuid' },
    session_id: { type: ['string', 'null'], format: 'uuid' },
    retryable: { type: 'boolean' },
    partial: { type: 'string', description: 'The text that came before the run failed.' },
    allowed: { type: 'array', items: { type: 'string' } },
  },
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'request_id'],
};

/** The OpenAPI document, made from the routes' own decorators. */
export function openApiDocument(app: NestExpressApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Agno API')
    .setDescription(
      'A streaming chat-agent service: an answer is never lost, repeated or rewritten.',
    )
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [WireUsage, WireTimings, WireFailure],
  });
  Object.assign(document.components!.schemas!, CHUNK_SCHEMAS, { Problem: PROBLEM_SCHEMA });
  return document;
}
