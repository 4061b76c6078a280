import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DecoratedTools } from './decorated/decorated-tools.js';
import { TOOL_SOURCES, Toolbox } from './toolbox.js';

@Module({
  imports: [DiscoveryModule],
  providers: [DecoratedTools, Toolbox, { provide: TOOL_SOURCES, useValue: [] }],
  exports: [DecoratedTools, Toolbox],
})
export class ToolsModule {}
