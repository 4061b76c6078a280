import { Module } from '@nestjs/common';
import { Calculator } from './calculator/calculator.js';
import { Clock } from './clock.js';
import { DocumentTools } from './documents.js';
import { HttpFetch } from './http-fetch/http-fetch.js';
import { Tables } from './tables/tables.js';

/** The tools that come with the service. */
@Module({ providers: [Calculator, Clock, DocumentTools, HttpFetch, Tables] })
export class BuiltInModule {}
