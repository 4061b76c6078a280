// Loaded by Node itself, as TypeScript too: only types that can be left out, and no imports of ours.
import { parentPort, workerData } from 'node:worker_threads';
import addFormats from 'ajv-formats';
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

parentPort!.postMessage(valueFor(workerData as SchemaTask));

function valueFor({ schema, text }: SchemaTask): SchemaReport {
  try {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const fits = ajv.compile(schema);
    // Words where they fit; some schemas want strings that no words are.
    for (const options of [{ ...OPTIONS, outputTransform: withWords(text) }, OPTIONS]) {
      const value = generateSync(schema as JsonSchema, options);
      if (fits(value)) return { value };
    }
    return { failure: 'no value was found that fits it' };
  } catch (error) {
    return { failure: (error as Error).message };
  }
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
