import { Module } from '@nestjs/common';
import { ModelRegistry } from './model-registry.js';
import { ModelsController } from './models.controller.js';

/** The models that answer, and the list of them. */
@Module({
  controllers: [ModelsController],
  providers: [ModelRegistry],
  exports: [ModelRegistry],
})
export class ModelsModule {}
