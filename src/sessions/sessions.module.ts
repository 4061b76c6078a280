import { Module } from '@nestjs/common';
import { MemorySessionStore } from './memory/memory-session-store.js';
import { SessionStore } from './session-store.js';

@Module({
  providers: [{ provide: SessionStore, useClass: MemorySessionStore }],
  exports: [SessionStore],
})
export class SessionsModule {}
