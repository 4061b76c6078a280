import type { OutputSchema } from '../agents-config.js';
import { notAllowed, type Faults, type KeyPath } from '../faults/faults.js';
import { readEntry } from '../files/entry.js';
import type { YamlFile } from '../files/yaml-file.js';
import { OutputEntry, schema, schemaName } from './agents-file.js';

/** The largest schema, in characters of JSON: it goes to the model with each request. */
const LARGEST = 64 * 1024;

/** The shape of an agent's answers. */
export function readOutput(
  raw: Record<string, unknown>,
  path: KeyPath,
  file: YamlFile,
  faults: Faults,
): OutputSchema | undefined {
  const entry = readEntry(OutputEntry, raw, { path, source: file, faults });
  const shape = schema.parse(entry.schema);
  if (shape === undefined) return undefined;
  if (JSON.stringify(shape).length > LARGEST) {
    const problem = notAllowed('a larger one', 'a schema of at most 64 KB');
    faults.add(file.place, [...path, 'schema'], problem);
  }
  return Object.freeze({ name: schemaName.parse(entry.name) ?? 'answer', schema: shape });
}
