import { Module } from '@nestjs/common';
import { ModelsModule } from '../models/models.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SchemasModule } from '../schemas/schemas.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ToolsModule } from '../tools/tools.module.js';
import { AgentLoop } from './agent-loop.js';
import { AgentRegistry } from './agent-registry.js';
import { AgentWork } from './agent-work.js';
import { AgentService } from './agent.service.js';
import { AgentsController } from './agents.controller.js';
import { HistorySummaries } from './history/history-summaries.js';
import { History } from './history/history.js';
import { Outputs } from './output/outputs.js';
import { RunAdmission } from './run-admission.js';
import { RunDescriptions } from './run-descriptions.js';
import { SessionBranching } from './session-branching.js';
import { ApprovalDecisions } from './tool-calls/approval-decisions.js';
import { Approvals } from './tool-calls/approvals.js';
import { ModelTurns } from './turn/model-turns.js';

@Module({
  imports: [ModelsModule, RunsModule, SessionsModule, SchemasModule, ToolsModule],
  controllers: [AgentsController],
  providers: [
    AgentLoop,
    AgentRegistry,
    AgentService,
    AgentWork,
    ApprovalDecisions,
    Approvals,
    History,
    HistorySummaries,
    ModelTurns,
    Outputs,
    RunAdmission,
    RunDescriptions,
    SessionBranching,
  ],
  exports: [AgentService],
})
export class AgentModule {}
