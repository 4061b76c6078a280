import { readFileSync } from 'node:fs';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { documentChatRequest } from './chat/api-chat-request.js';
import { PROBLEM_SCHEMA } from './http/api-problem-schema.js';
import { documentRequestId } from './http/api-request-id.js';
import { CHUNK_SCHEMAS } from './wire/native/chunk-schemas.js';
import { WireTimings, WireUsage } from './wire/native/usage.js';
import { WireFailure } from './wire/native/wire-failure.js';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

const DESCRIPTION = `
A streaming chat-agent service: an answer is never lost, repeated or rewritten.

**A run is a log.** Each request starts a run: an append-only log of events, numbered from 1. Every
answer is read from it, so a stream can be resumed, followed by many readers, or read as one JSON
document.

**Streams** are Server-Sent Events. Each event has an \`id\`, its position in the run, and one line
of \`data\`: a chunk in JSON, in ASCII characters alone. Every chunk begins with \`content\`, \`done\`
and \`model\`. Add up \`content\` until \`done\` is true: that is the answer. A stream that ends
without \`done: true\` was cut, by the network, or by a restart of the service, which goes on with its
runs; resume with \`GET /api/v1/runs/{id}/stream\` and \`Last-Event-ID\`.
Comments (\`: hb\`) keep silent connections open.

**Failures** are problem details (RFC 9457); \`code\` names them. A path that is unknown is
\`route_not_found\`, a method that the path does not know \`method_not_allowed\`.
`.trim();

/** The OpenAPI document, made from the routes' own decorators. */
export function openApiDocument(app: NestExpressApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Agno API')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setOpenAPIVersion('3.1.0')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This service')
    .addTag('chat', 'Ask an agent. Each request starts a run.')
    .addTag('runs', 'Follow, list and cancel runs, and see how they stand.')
    .addTag('sessions', 'Conversations: what was said in them, their branches and copies.')
    .addTag('models', 'The models that may be asked for.')
    .addTag('agents', 'The agents that may be asked.')
    .addTag('health', 'Whether the service runs, and can take requests.')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [WireUsage, WireTimings, WireFailure],
  });
  const schemas = document.components!.schemas as Record<string, Record<string, unknown>>;
  Object.assign(schemas, CHUNK_SCHEMAS, { Problem: PROBLEM_SCHEMA });
  documentChatRequest(schemas);
  documentRequestId(document);
  return document;
}
