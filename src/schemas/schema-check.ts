// Loaded by Node itself, as TypeScript too: only types that can be left out, and no imports of ours.
import addFormats from 'ajv-formats';
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

/** A schema to be looked at, and a value that should fit it. */
export interface SchemaTask {
  schema: object;
  /** Absent: only the schema is looked at. */
  value?: { of: unknown };
}

/** What is wrong with the schema, or with the value: nothing, where it fits. */
export type SchemaReport = { flaw: string } | { faults: string[] };

/** How many faults of a value are told: who mends the first mends most. */
const MOST_FAULTS = 5;

const OPTIONS: Options = { strict: false, allErrors: true, validateSchema: true, logger: false };

/** Draft 2020-12, or draft-07 where the schema says so. */
export function compile(schema: object): ValidateFunction {
  const named = (schema as { $schema?: unknown }).$schema;
  const isOld = typeof named === 'string' && named.includes('draft-07');
  const ajv = isOld ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  addFormats.default(ajv);
  return ajv.compile(schema);
}

export function check({ schema, value }: SchemaTask): SchemaReport {
  let validate: ValidateFunction;
  try {
    validate = compile(schema);
  } catch (error) {
    return { flaw: (error as Error).message.slice(0, 300) };
  }
  return { faults: value === undefined ? [] : faultsOf(validate, value.of) };
}

/** What is wrong with a value, each fault a line; none where it fits. */
export function faultsOf(validate: ValidateFunction, value: unknown): string[] {
  if (validate(value)) return [];
  return [...new Set((validate.errors ?? []).map(told))].slice(0, MOST_FAULTS);
}

function told({ instancePath, message, params, keyword }: ErrorObject): string {
  const extra =
    keyword === 'additionalProperties'
      ? ` (${JSON.stringify((params as { additionalProperty: string }).additionalProperty)})`
      : keyword === 'enum'
        ? ` (${JSON.stringify((params as { allowedValues: unknown }).allowedValues).slice(0, 200)})`
        : '';
  return `${instancePath === '' ? 'the value' : instancePath} ${message ?? 'does not fit'}${extra}`;
}

// In a process of its own; elsewhere it is only a module.
if (process.argv[2] === 'schema-check') {
  process.on('message', (task: SchemaTask) => process.send?.(check(task)));
}
