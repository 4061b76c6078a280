import { Module } from '@nestjs/common';
import { JsonSchemas } from './json-schemas.js';

@Module({ providers: [JsonSchemas], exports: [JsonSchemas] })
export class SchemasModule {}
