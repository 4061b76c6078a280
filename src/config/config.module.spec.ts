import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { AgentsConfig } from './agents-config.js';
import { ConfigModule } from './config.module.js';
import { loadConfig } from './load-config.js';
import { ModelsConfig } from './models-config.js';
import { Settings } from './settings.js';

@Injectable()
class Reader {
  constructor(
    readonly settings: Settings,
    readonly models: ModelsConfig,
    readonly agents: AgentsConfig,
  ) {}
}

@Module({ providers: [Reader] })
class FarAwayModule {}

describe('ConfigModule', () => {
  it('hands the configuration to every module, by its classes', async () => {
    const config = loadConfig({}, { cwd: '/nowhere' });
    const app = await Test.createTestingModule({
      imports: [ConfigModule.register(config), FarAwayModule],
    }).compile();
    const reader = app.get(Reader, { strict: false });
    expect(reader.settings).toBe(config.settings);
    expect(reader.models).toBe(config.models);
    expect(reader.agents).toBe(config.agents);
  });
});
