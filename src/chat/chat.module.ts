import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module.js';
import { ChatController } from './chat.controller.js';
import { RunAnswers } from './run-answers.js';
import { RunStreams } from './run-streams.js';
import { RunsController } from './runs.controller.js';

@Module({
  imports: [AgentModule],
  controllers: [ChatController, RunsController],
  providers: [RunAnswers, RunStreams],
})
export class ChatModule {}
