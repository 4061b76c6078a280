/** Longest text of an error that is kept for the log, in UTF-16 units. */
const MAX_TEXT = 4_096;

const HIDDEN = '[redacted]';

/** Shorter values are no secrets, and would be found inside of ordinary words. */
const MIN_SECRET = 6;

/**
 * What looks like a key: OpenAI's `sk-…` and its relatives at other providers, a bearer token,
 * user and password of an address, and what a provider quotes back half masked (`abcd****wxyz`).
 */
const KEY_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:sk|gsk|xai|pplx|hf|nvapi)[-_][\w*.-]{4,}/g, HIDDEN],
  [/\bAIza[\w-]{10,}/g, HIDDEN],
  [/\b(bearer|basic)\s+[\w+/=.*~-]+/gi, `$1 ${HIDDEN}`],
  [/\/\/[^/\s@]+@/g, `//${HIDDEN}@`],
  [/[\w.-]{0,64}\*{3,}[\w.-]{0,64}/g, HIDDEN],
];

/** Hides the secrets, and all that looks like one, in a text that is meant for the log. */
export function redact(text: string, secrets: readonly string[]): string {
  let safe = text;
  for (const secret of secrets) {
    if (secret.length >= MIN_SECRET) safe = safe.replaceAll(secret, HIDDEN);
  }
  for (const [shape, replacement] of KEY_SHAPES) safe = safe.replace(shape, replacement);
  // Cut last: a secret that the cut tears would no longer be found.
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}…` : safe;
}

/** How deep a chain of causes is followed: one that bites its own tail must end. */
const MAX_CAUSES = 5;

/**
 * A copy of an error that may stand in the log: its name, message, codes and causes, and nothing
 * else. The originals of HTTP clients carry the request with them, the key in its headers.
 */
export function redactedError(error: unknown, secrets: readonly string[], depth = 1): Error {
  if (!(error instanceof Error)) return new Error(redact(String(error), secrets));
  const cause =
    error.cause !== undefined && depth < MAX_CAUSES
      ? { cause: redactedError(error.cause, secrets, depth + 1) }
      : {};
  const copy = new Error(redact(error.message, secrets), cause);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redact(error.stack, secrets);
  for (const field of ['code', 'status', 'requestID'] as const) {
    const value: unknown = (error as unknown as Record<string, unknown>)[field];
    if (typeof value === 'string') Object.assign(copy, { [field]: redact(value, secrets) });
    if (typeof value === 'number') Object.assign(copy, { [field]: value });
  }
  return copy;
}
