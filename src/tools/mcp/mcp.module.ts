import { Module } from '@nestjs/common';
import { McpTools } from './mcp-tools.js';

@Module({ providers: [McpTools], exports: [McpTools] })
export class McpModule {}
