import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { BuiltInModule } from './built-in/built-in.module.js';
import { DecoratedTools } from './decorated/decorated-tools.js';
import { McpModule } from './mcp/mcp.module.js';
import { McpTools } from './mcp/mcp-tools.js';
import { TOOL_SOURCES, Toolbox } from './toolbox.js';

@Module({
  imports: [BuiltInModule, DiscoveryModule, McpModule],
  providers: [
    DecoratedTools,
    Toolbox,
    { provide: TOOL_SOURCES, inject: [McpTools], useFactory: (...sources: McpTools[]) => sources },
  ],
  exports: [Toolbox],
})
export class ToolsModule {}
