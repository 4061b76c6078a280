import { Global, Module } from '@nestjs/common';
import { MemoryStorage } from './memory/memory-storage.js';
import { Storage } from './storage.js';

/** Where everything is kept. Global: each store stands on it. */
@Global()
@Module({
  providers: [{ provide: Storage, useClass: MemoryStorage }],
  exports: [Storage],
})
export class StorageModule {}
