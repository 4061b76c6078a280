/** A text with the values of the variables that it asks for. */
export interface Interpolated {
  /** Undefined where nothing is left, or where a variable that is needed is unset. */
  readonly text: string | undefined;
  /** The variables that it took a value from. */
  readonly variables: readonly string[];
  /** The unset variables without a default. */
  readonly missing: readonly string[];
  /** The unset variables whose default is empty. */
  readonly blank: readonly string[];
  /** What looks like `${NAME}` but is not, as it stands there. */
  readonly malformed: string | undefined;
}

/** What `${…}` may be, in words. */
export const REFERENCE_FORMS = '${NAME}, ${NAME:-default}, or $${ for the characters ${';

const ESCAPE = '$${';
const REFERENCE = /\$\$\{|\$\{[^}]*\}?/g;
/** A default ends at the first `}`, so a reference within it would be cut in two. */
const WELL_FORMED = /^\$\{(?<name>[A-Za-z_]\w*)(?::-(?<fallback>(?:(?!\$\{)[^}])*))?\}$/;

/**
 * Replaces `${NAME}` and `${NAME:-default}` in a text. An unset variable takes its default. What a
 * variable holds is not looked at again, so a secret may contain `${`.
 */
export function interpolate(
  text: string,
  lookup: (name: string) => string | undefined,
): Interpolated {
  const variables: string[] = [];
  const missing: string[] = [];
  const blank: string[] = [];
  let malformed: string | undefined;
  const replaced = text.replace(REFERENCE, (reference) => {
    if (reference === ESCAPE) return '${';
    const { name, fallback } = WELL_FORMED.exec(reference)?.groups ?? {};
    if (name === undefined) {
      malformed ??= reference;
      return '';
    }
    const value = lookup(name);
    if (value !== undefined) variables.push(name);
    else if (fallback === undefined) missing.push(name);
    else if (fallback === '') blank.push(name);
    return value ?? fallback ?? '';
  });
  const usable = missing.length === 0 && replaced !== '';
  return { text: usable ? replaced : undefined, variables, missing, blank, malformed };
}
