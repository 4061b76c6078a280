import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { createParser } from 'eventsource-parser';

/** A JSON object, as far as a test looks into it. */
export type Json = Record<string, unknown>;

/** An answer that a document is held against. */
export interface Answered {
  status: number;
  headers: Readonly<Record<string, unknown>>;
  body: string;
}

/** A body of the document: its schema, and examples of it. */
interface MediaType {
  schema?: Json;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

interface DocumentedResponse {
  description: string;
  headers?: Record<string, unknown>;
  content?: Record<string, MediaType>;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  schema?: Json;
}

export interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, DocumentedResponse>;
}

/** As much of an OpenAPI document as the tests read. */
export interface ApiDocument {
  info: { version: string };
  servers: { url: string }[];
  tags: { name: string; description?: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

/** OpenAPI's words in a schema that JSON Schema does not know: they validate nothing. */
const ANNOTATIONS = ['example', 'discriminator', 'xml', 'externalDocs'];

/** Where the validator has the document's schemas. */
const DEFINITIONS = 'https://api.invalid/definitions';

/**
 * Holds answers against an OpenAPI 3.1 document. Stricter than the document is to its readers: a
 * member that no schema names is refused, since an undocumented member is what a test looks for.
 */
export class ApiContract {
  readonly #ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor(readonly document: ApiDocument) {
    formats.default(this.#ajv);
    for (const keyword of ANNOTATIONS) this.#ajv.addKeyword(keyword);
    const $defs = strict(document.components.schemas);
    this.#ajv.addSchema({ $id: DEFINITIONS, $defs });
  }

  /** All operations, as `[method, path, operation]`; the method in capitals. */
  get operations(): [method: string, path: string, operation: Operation][] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, operation]) =>
          [method.toUpperCase(), path, operation] satisfies [string, string, Operation],
      ),
    );
  }

  /** Every example of a body, and where its schema is. */
  *examples(): Generator<{ place: string[]; type: string; value: unknown }> {
    for (const [method, path, { requestBody, responses }] of this.operations) {
      const bodies = [
        { place: ['requestBody'], content: requestBody?.content },
        ...Object.entries(responses).map(([status, { content }]) => ({
          place: ['responses', status],
          content,
        })),
      ];
      for (const { place, content = {} } of bodies) {
        const at = ['paths', path, method.toLowerCase(), ...place, 'content'];
        for (const [type, { example, examples = {} }] of Object.entries(content)) {
          const values = Object.values(examples).map(({ value }) => value);
          for (const value of example === undefined ? values : [...values, example]) {
            yield { place: [...at, type, 'schema'], type, value };
          }
        }
      }
    }
  }

  operation(method: string, path: string): Operation {
    const operation = this.document.paths[path]?.[method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${path} is not documented.`);
    return operation;
  }

  /** What an answer says that the document does not; empty where it is as documented. */
  faults(method: string, path: string, { status, headers, body }: Answered): string[] {
    const response = this.operation(method, path).responses[status];
    if (response === undefined) return [`The status ${status} is not documented: ${body}`];
    const missing = ['x-run-id', 'location', 'retry-after', 'x-request-id'].filter(
      (name) => headers[name] !== undefined && !namesOf(response.headers).includes(name),
    );
    const undocumented = missing.map((name) => `The header ${name} is not documented.`);
    if (response.content === undefined) {
      // What a redirect says in its body is for browsers that do not follow it.
      const mayHaveBody = status >= 300 && status < 400;
      return body === '' || mayHaveBody ? undocumented : [...undocumented, `It says: ${body}`];
    }
    const [type] = String(headers['content-type']).split(';', 1) as [string];
    if (response.content[type]?.schema === undefined) {
      return [...undocumented, `The type ${type} is not documented.`];
    }
    const place = ['paths', path, method.toLowerCase(), 'responses', String(status), 'content'];
    return [...undocumented, ...this.bodyFaults([...place, type, 'schema'], type, body)];
  }

  /** The schema's faults of a body: of one document, or of each event of a stream. */
  bodyFaults(place: readonly string[], type: string, body: string): string[] {
    const values = valuesOf(type, body);
    if (values.length === 0) return ['The stream has no event.'];
    return values.flatMap((value) => this.valueFaults(place, value));
  }

  /** The faults of a value against the schema at a place of the document. */
  valueFaults(place: readonly string[], value: unknown): string[] {
    const validate = this.#schemaAt(place);
    if (validate(value)) return [];
    return [`${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`];
  }

  #schemaAt(place: readonly string[]): ValidateFunction {
    const name = place.join(' ');
    const known = this.#compiled.get(name);
    if (known !== undefined) return known;
    const schema = place.reduce<unknown>((value, key) => (value as Json)[key], this.document);
    const compiled = this.#ajv.compile(strict(schema) as Json);
    this.#compiled.set(name, compiled);
    return compiled;
  }
}

/** The `data` of each event of a stream. */
export function dataOf(stream: string): unknown[] {
  const data: unknown[] = [];
  createParser({ onEvent: (event) => data.push(JSON.parse(event.data)) }).feed(stream);
  return data;
}

function namesOf(headers: Record<string, unknown> = {}): string[] {
  return Object.keys(headers).map((name) => name.toLowerCase());
}

/** A copy whose references the validator finds, and whose objects refuse members without a name. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, strict(one)]));
  if (typeof copy['$ref'] === 'string') {
    copy['$ref'] = copy['$ref'].replace('#/components/schemas/', `${DEFINITIONS}#/$defs/`);
  }
  const isOpen = copy['type'] === 'object' && 'properties' in copy;
  return isOpen && !('additionalProperties' in copy)
    ? { ...copy, unevaluatedProperties: false }
    : copy;
}

/** What a body holds: of a stream the data of each event. */
function valuesOf(type: string, body: string): unknown[] {
  if (type === 'text/event-stream') return dataOf(body);
  return [type === 'text/html' ? body : (JSON.parse(body) as unknown)];
}
