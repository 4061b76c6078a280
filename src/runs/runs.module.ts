import { Module } from '@nestjs/common';
import { MemoryRunLog } from './memory/memory-run-log.js';
import { MemoryRunStore } from './memory/memory-run-store.js';
import { RunAudience } from './run-audience.js';
import { RunLog } from './run-log.js';
import { RunRetention } from './run-retention.js';
import { RunStore } from './run-store.js';
import { RunTakeover } from './run-takeover.js';
import { RunWatchers } from './run-watchers.js';
import { RunWorker } from './run-worker.js';

@Module({
  providers: [
    { provide: RunLog, useClass: MemoryRunLog },
    { provide: RunStore, useClass: MemoryRunStore },
    RunAudience,
    RunRetention,
    RunTakeover,
    RunWatchers,
    RunWorker,
  ],
  exports: [RunAudience, RunLog, RunStore, RunTakeover, RunWatchers, RunWorker],
})
export class RunsModule {}
