import { Module } from '@nestjs/common';
import { Toolbox } from './toolbox.js';

@Module({ providers: [Toolbox], exports: [Toolbox] })
export class ToolsModule {}
