import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { AgentModule } from './agent/agent.module.js';
import { ChatModule } from './chat/chat.module.js';
import { ConfigModule } from './config/config.module.js';
import type { LoadedConfig } from './config/load-config.js';
import { DocumentsModule } from './documents/documents.module.js';
import { HealthModule } from './health/health.module.js';
import { HttpModule } from './http/http.module.js';
import { ProblemFilter } from './http/problem.filter.js';
import { RequestValidationPipe } from './http/validation.js';
import type { Logger } from './logging/logger.js';
import { LoggingModule } from './logging/logging.module.js';
import { ModelsModule } from './models/models.module.js';
import { RunsModule } from './runs/runs.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StorageModule } from './storage/storage.module.js';
import { ToolsModule } from './tools/tools.module.js';

/** The whole house on one page. */
@Module({})
export class AppModule {
  /** @param modules further ones, such as those whose providers have tools */
  static register(
    config: LoadedConfig,
    logger: Logger,
    modules: NonNullable<DynamicModule['imports']> = [],
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // What everything stands on.
        ConfigModule.register(config),
        LoggingModule.register(logger),
        HttpModule,
        StorageModule,
        DocumentsModule,
        // What there is: runs and their log, models, conversations, tools.
        RunsModule,
        ModelsModule,
        SessionsModule,
        ToolsModule,
        // What works with it, and what the world sees of it.
        AgentModule,
        ChatModule,
        HealthModule,
        ...modules,
      ],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_PIPE, useClass: RequestValidationPipe },
      ],
    };
  }
}
