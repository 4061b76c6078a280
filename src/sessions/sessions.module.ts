import { Module } from '@nestjs/common';
import { SessionStore } from './session-store.js';
import { SqlSessionStore } from './sql/sql-session-store.js';

@Module({
  providers: [{ provide: SessionStore, useClass: SqlSessionStore }],
  exports: [SessionStore],
})
export class SessionsModule {}
