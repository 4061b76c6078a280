import { Global, Module } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Logger } from '../logging/logger.js';
import { SqlDatabase } from './sql/sql-database.js';
import { SqliteDatabase } from './sqlite/sqlite-database.js';
import { SqliteStorage } from './sqlite/sqlite-storage.js';
import { Storage } from './storage.js';

/** Where everything is kept. Global: each store stands on it. */
@Global()
@Module({
  providers: [
    {
      provide: Storage,
      useFactory: (settings: Settings, logger: Logger) => SqliteStorage.open(settings, logger),
      inject: [Settings, Logger],
    },
    {
      provide: SqliteDatabase,
      useFactory: ({ database }: SqliteStorage) => database,
      inject: [Storage],
    },
    { provide: SqlDatabase, useFactory: ({ sql }: SqliteStorage) => sql, inject: [Storage] },
  ],
  exports: [Storage, SqliteDatabase, SqlDatabase],
})
export class StorageModule {}
