import { Module } from '@nestjs/common';
import { Calculator } from './calculator/calculator.js';
import { Clock } from './clock.js';
import { DocumentTools } from './documents.js';

/** The tools that come with the service. */
@Module({ providers: [Calculator, Clock, DocumentTools] })
export class BuiltInModule {}
