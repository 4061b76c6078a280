import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ModelsModule } from '../models/models.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { McpModule } from '../tools/mcp/mcp.module.js';
import { HealthController } from './health.controller.js';
import { ReadinessParts } from './readiness-parts.js';
import { RootController } from './root.controller.js';

@Module({
  // A failing check is answered and logged as any request is; terminus need not log it too.
  imports: [TerminusModule.forRoot({ logger: false }), ModelsModule, RunsModule, McpModule],
  controllers: [HealthController, RootController],
  providers: [ReadinessParts],
})
export class HealthModule {}
