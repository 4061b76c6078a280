import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module.js';
import { SessionDeletion } from './session-deletion.js';
import { SessionRetention } from './session-retention.js';
import { SessionStore } from './session-store.js';
import { SessionService } from './session.service.js';
import { SessionsController } from './sessions.controller.js';
import { SqlSessionStore } from './sql/sql-session-store.js';

@Module({
  imports: [RunsModule],
  controllers: [SessionsController],
  providers: [
    { provide: SessionStore, useClass: SqlSessionStore },
    SessionDeletion,
    SessionRetention,
    SessionService,
  ],
  exports: [SessionStore],
})
export class SessionsModule {}
