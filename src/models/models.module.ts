import { Module } from '@nestjs/common';
import { ModelsConfig } from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import { DocumentsModule } from '../documents/documents.module.js';
import { LocalModels } from './local/local-models.js';
import { ModelRegistry } from './model-registry.js';
import { ModelsController } from './models.controller.js';
import { OfflineAssistant } from './offline/offline-assistant.js';
import { NodeTransport } from './openai/node-transport.js';
import { providerTransport } from './provider-transport.js';

/** The models that answer, and the list of them. */
@Module({
  imports: [DocumentsModule],
  controllers: [ModelsController],
  providers: [
    ModelRegistry,
    LocalModels,
    OfflineAssistant,
    {
      provide: NodeTransport,
      inject: [ModelsConfig, Settings],
      useFactory: providerTransport,
    },
  ],
  exports: [ModelRegistry],
})
export class ModelsModule {}
