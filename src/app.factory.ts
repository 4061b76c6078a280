import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { DestinationStream } from 'pino';
import { AppModule } from './app.module.js';
import { isRunStream } from './chat/run-stream-route.js';
import type { LoadedConfig } from './config/load-config.js';
import { DocumentLibrary } from './documents/document-library.js';
import { servePages } from './documents/pages/serve-pages.js';
import { jsonBody } from './http/body.js';
import { Lifecycle, refuseWhileStopping } from './http/lifecycle.js';
import { PairedRouteAdapter } from './http/paired-route.js';
import { requestContext } from './http/request-context.js';
import { requireRoute } from './http/routes.js';
import { corsOptions, securityHeaders } from './http/security.js';
import { closeStalledReaders } from './http/stalled-readers.js';
import { createLogger, type Logger } from './logging/logger.js';
import { NestLogger } from './logging/nest-logger.js';
import { openApiDocument } from './openapi.js';
import { servePlayground } from './playground/serve-playground.js';

/** Longer than the idle time-outs of the usual proxies (60 s), so that they close first. */
const KEEP_ALIVE_MS = 75_000;

export interface AppOptions {
  /** Where the log's lines go. @default standard output */
  logDestination?: DestinationStream;
  /** Modules of one's own: their providers' methods with `@Tool` are tools of the agents. */
  modules?: NonNullable<DynamicModule['imports']>;
}

/** Builds the application, whole: what `main.ts` serves and what the tests talk to. */
export async function createApp(
  config: LoadedConfig,
  { logDestination, modules }: AppOptions = {},
): Promise<NestExpressApplication> {
  const logger = createLogger(config.settings, logDestination);
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register(config, logger, modules),
    new PairedRouteAdapter(),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  return prepareApp(app, config, logger);
}

/**
 * Gives an application what no module gives it: settings of Express, middleware in its order, the
 * OpenAPI document. It has to stand on a `PairedRouteAdapter`, without Nest's body parser.
 */
export async function prepareApp(
  app: NestExpressApplication,
  { settings }: LoadedConfig,
  logger: Logger,
): Promise<NestExpressApplication> {
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', settings.trustProxy);
  app.use(requestContext(logger), closeStalledReaders(settings, logger), securityHeaders());
  if (settings.corsOrigins.length > 0) app.enableCors(corsOptions(settings));
  app.use(refuseWhileStopping(app.get(Lifecycle), isRunStream));
  app.use('/api', requireRoute, jsonBody(settings));
  // Made when it is first asked for: no start has to wait for it.
  let openApi: OpenAPIObject | undefined;
  const describe = () => (openApi ??= openApiDocument(app));
  const documents = app.get(DocumentLibrary);
  documents.addOpenApi(describe);
  app.use(servePages(documents), servePlayground());
  SwaggerModule.setup('docs', app, describe, {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Agno API',
    swaggerOptions: { validatorUrl: null },
  });
  const server = app.getHttpServer();
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await app.init();
  return app;
}
