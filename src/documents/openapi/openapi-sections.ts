import type { Passage, Section } from '../section.js';

/** What of an OpenAPI 3.1 document is read here; the rest of it does not matter. */
export interface OpenApi {
  paths: Readonly<Record<string, object>>;
  components?: { schemas?: Readonly<Record<string, object>> };
}

interface Operation {
  summary?: string;
  description?: string;
  parameters?: readonly { name?: string; description?: string }[];
  responses?: Readonly<Record<string, { description?: string }>>;
}

interface Schema {
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const TITLE = 'OpenAPI document';

/**
 * The operations and schemas of an OpenAPI document, each as a section.
 *
 * @param path where the document is served: links are JSON pointers into it (RFC 6901, section 6)
 */
export function openApiSections({ paths, components }: OpenApi, path: string): Section[] {
  const section = (title: string, pointer: readonly string[], passages: string[]): Section => ({
    link: `${path}#/${pointer.map(escaped).join('/')}`,
    title,
    above: [TITLE],
    passages: passages.map((markdown): Passage => ({ markdown })),
  });
  const operations = Object.entries(paths).flatMap(([route, item]) =>
    METHODS.flatMap((method) => {
      const operation = (item as Partial<Record<string, Operation>>)[method];
      if (operation === undefined) return [];
      const title = `${method.toUpperCase()} ${route}`;
      return [section(title, ['paths', route, method], operationPassages(operation))];
    }),
  );
  const schemas = Object.entries(components?.schemas ?? {}).map(([name, schema]) =>
    section(name, ['components', 'schemas', name], schemaPassages(schema)),
  );
  return [...operations, ...schemas].filter(({ passages }) => passages.length > 0);
}

function operationPassages(operation: Operation): string[] {
  const { summary, description, parameters = [], responses = {} } = operation;
  const own = [summary, description].filter((text) => text !== undefined && text !== '');
  return [
    ...(own as string[]),
    ...parameters.flatMap(({ name, description }) => named(name ?? '', description)),
    ...Object.entries(responses).flatMap(([status, { description }]) => named(status, description)),
  ];
}

function schemaPassages({ description, properties = {} }: Schema): string[] {
  return [
    ...(description === undefined ? [] : [description]),
    ...Object.entries(properties).flatMap(([name, { description }]) => named(name, description)),
  ];
}

function named(name: string, description: string | undefined): string[] {
  return description ? [`**\`${name}\`** – ${description}`] : [];
}

/** A token of a JSON pointer, as a fragment of an address. */
function escaped(token: string): string {
  return encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1'));
}
