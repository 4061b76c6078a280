import { Module, type DynamicModule } from '@nestjs/common';
import { AgentsConfig } from './agents-config.js';
import type { LoadedConfig } from './load-config.js';
import { ModelsConfig } from './models-config.js';
import { Settings } from './settings.js';

/**
 * Hands the configuration to whoever injects `Settings`, `ModelsConfig` or `AgentsConfig`. It is
 * loaded before the application exists, since a wrong one must end the process with plain lines.
 */
@Module({})
export class ConfigModule {
  static register(config: LoadedConfig): DynamicModule {
    const providers = [
      { provide: Settings, useValue: config.settings },
      { provide: ModelsConfig, useValue: config.models },
      { provide: AgentsConfig, useValue: config.agents },
    ];
    return { module: ConfigModule, global: true, providers, exports: providers };
  }
}
