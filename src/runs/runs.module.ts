import { Module } from '@nestjs/common';
import { RunAudience } from './run-audience.js';
import { RunLog } from './run-log.js';
import { RunReport } from './run-report.js';
import { RunRetention } from './run-retention.js';
import { RunStore } from './run-store.js';
import { RunTakeover } from './run-takeover.js';
import { RunWatchers } from './run-watchers.js';
import { RunWorker } from './run-worker.js';
import { UnstoredRuns } from './unstored-runs.js';
import { SqlRunStore } from './sql/sql-run-store.js';
import { SqliteRunLog } from './sqlite/sqlite-run-log.js';

@Module({
  providers: [
    { provide: RunLog, useClass: SqliteRunLog },
    { provide: RunStore, useClass: SqlRunStore },
    RunAudience,
    RunReport,
    RunRetention,
    RunTakeover,
    RunWatchers,
    RunWorker,
    UnstoredRuns,
  ],
  exports: [RunAudience, RunLog, RunStore, RunTakeover, RunWatchers, RunWorker, UnstoredRuns],
})
export class RunsModule {}
