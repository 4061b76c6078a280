/** How deep a value of a model may be nested: JSON.stringify recurses, and the stack has an end. */
const DEEPEST = 100;

/**
 * Reads JSON that a model wrote; undefined where it is none, or nested so deeply that it could be
 * read once and never written again.
 */
export function parseModelJson(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isDeeper(value, DEEPEST) ? undefined : { value };
  } catch {
    return undefined;
  }
}

/** Whether a `response_format` asks for a JSON value rather than for text. */
export function asksForValue(format: Readonly<Record<string, unknown>> | undefined): boolean {
  return format !== undefined && format['type'] !== 'text';
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}
