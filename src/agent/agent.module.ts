import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AgentLoop } from './agent-loop.js';
import { AgentRegistry } from './agent-registry.js';
import { AgentWork } from './agent-work.js';
import { AgentService } from './agent.service.js';
import { AgentsController } from './agents.controller.js';
import { RunAdmission } from './run-admission.js';
import { RunDescriptions } from './run-descriptions.js';

@Module({
  imports: [ModelsModule, RunsModule, SessionsModule],
  controllers: [AgentsController],
  providers: [AgentLoop, AgentRegistry, AgentService, AgentWork, RunAdmission, RunDescriptions],
  exports: [AgentService],
})
export class AgentModule {}
