// Loaded by Node itself, as TypeScript too: only types that can be left out, and no imports of ours.
import addFormats from 'ajv-formats';
import { Ajv, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { generateSync, type GenerateSyncOptions, type JsonSchema } from 'json-schema-faker';

/** What a value is wanted for. */
export interface SchemaTask {
  schema: object;
  /** What is to stand where the schema asks for an answer in words. */
  text: string;
}

/** A value that fits, or why there is none. */
export type SchemaReport = { value: unknown } | { failure: string };

/** Names of properties that ask for an answer in words. */
const WORDS = /^(?:answer|text|content|message|reply|response|summary|explanation)$/i;

/** The same seed, and no clock: the same schema gets the same value. */
const OPTIONS: GenerateSyncOptions = {
  seed: 1,
  alwaysFakeOptionals: true,
  maxDefaultItems: 2,
  refDepthMax: 3,
  minDateTime: '2000-01-01T00:00:00Z',
  maxDateTime: '2030-01-01T00:00:00Z',
};

/** Nothing that may be left out. */
const REQUIRED_ALONE: GenerateSyncOptions = {
  ...OPTIONS,
  alwaysFakeOptionals: false,
  optionalsProbability: 0,
};

process.once('message', (task) => {
  process.send!(valueFor(task as SchemaTask));
});

function valueFor({ schema, text }: SchemaTask): SchemaReport {
  try {
    const fits = validatorOf(schema);
    // Words where they fit, but some schemas want strings that no words are; and all that a schema has,
    // but one that has itself has no end.
    const attempts = [{ ...OPTIONS, outputTransform: withWords(text) }, OPTIONS, REQUIRED_ALONE];
    for (const options of attempts) {
      const value = generateSync(schema as JsonSchema, options);
      if (fits(value)) return { value };
    }
    return { failure: 'no value was found that fits it' };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}

/** By the draft that the schema names; without one by the newest. */
function validatorOf(schema: object): (value: unknown) => boolean {
  const options: Options = { strict: false, logger: false };
  const draft = '$schema' in schema ? String(schema.$schema) : '';
  const ajv = /draft-07/.test(draft) ? new Ajv(options) : new Ajv2020(options);
  addFormats.default(ajv);
  return ajv.compile(schema);
}

/** Puts words in the place of random letters. */
function withWords(text: string): NonNullable<GenerateSyncOptions['outputTransform']> {
  return (value, schema, path) => {
    const isFree =
      typeof schema === 'object' &&
      schema.type === 'string' &&
      !['enum', 'const', 'format', 'pattern'].some((key) => key in schema);
    if (typeof value !== 'string' || !isFree) return value;
    const name = path.split('/').findLast((part) => !/^\d*$/.test(part)) ?? 'answer';
    const words = WORDS.test(name) ? text : `some ${name}`;
    return [...words]
      .slice(0, schema.maxLength)
      .join('')
      .padEnd(schema.minLength ?? 0, '.');
  };
}
