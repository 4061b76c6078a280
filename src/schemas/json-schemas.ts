import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { runLimited, TaskLimitError } from './limited-process.js';
import type { SchemaReport } from './schema-check.js';

/** Beside this file, as TypeScript or as what was built of it. */
const WORKER = {
  path: fileURLToPath(new URL(`./schema-check${extname(import.meta.url)}`, import.meta.url)),
  args: ['schema-check'],
};

const LIMITS = { timeMs: 2_000, memoryMb: 128 };

/** What is looked at in this process: it takes some milliseconds at most. In characters of JSON. */
const SMALL_SCHEMA = 16 * 1024;
const SMALL_VALUE = 256 * 1024;

/**
 * What makes a check take as long as the value is large, and no longer. Regular expressions, references,
 * `uniqueItems` and choices may take for ever.
 */
const PLAIN = new Set([
  'additionalProperties',
  'const',
  'default',
  'description',
  'enum',
  'examples',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'items',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'multipleOf',
  'properties',
  'required',
  'title',
  'type',
]);

/** Whether JSON schemas are ones, and whether values fit them. Both may be a caller's. */
@Injectable()
export class JsonSchemas {
  /** What is wrong with a schema; undefined where it can be used. */
  async flawOf(schema: object): Promise<string | undefined> {
    const report = await reportOn(schema);
    return 'flaw' in report ? report.flaw : undefined;
  }

  /** What is wrong with a value, each fault a line; none where it fits the schema. */
  async faultsOf(schema: object, value: unknown): Promise<readonly string[]> {
    const report = await reportOn(schema, { of: value });
    return 'flaw' in report ? [`the schema cannot be used: ${report.flaw}`] : report.faults;
  }
}

async function reportOn(schema: object, value?: { of: unknown }): Promise<SchemaReport> {
  const task = { schema, ...(value !== undefined && { value }) };
  const isSmall =
    JSON.stringify(schema).length <= SMALL_SCHEMA &&
    (value === undefined || (JSON.stringify(value.of) ?? '').length <= SMALL_VALUE);
  if (isSmall && isPlain(schema)) {
    // No start has to wait for the validator.
    const { check } = await import('./schema-check.js');
    return check(task);
  }
  try {
    return await runLimited<SchemaReport>(WORKER, task, LIMITS);
  } catch (error) {
    if (error instanceof TaskLimitError) return { flaw: error.message };
    throw error;
  }
}

/** Whether a schema has nothing but plain words. */
function isPlain(schema: unknown): boolean {
  if (typeof schema === 'boolean') return true;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return false;
  return Object.entries(schema).every(([word, value]) => {
    if (!PLAIN.has(word)) return false;
    if (word === 'items' || word === 'additionalProperties') return isPlain(value);
    if (word !== 'properties') return true;
    return (
      typeof value === 'object' && value !== null && Object.values(value as object).every(isPlain)
    );
  });
}
