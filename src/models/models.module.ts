import { Module } from '@nestjs/common';
import { DocumentsModule } from '../documents/documents.module.js';
import { ModelRegistry } from './model-registry.js';
import { ModelsController } from './models.controller.js';
import { OfflineAssistant } from './offline/offline-assistant.js';

/** The models that answer, and the list of them. */
@Module({
  imports: [DocumentsModule],
  controllers: [ModelsController],
  providers: [ModelRegistry, OfflineAssistant],
  exports: [ModelRegistry],
})
export class ModelsModule {}
