/**
 * The wait that a response asks for, in seconds and rounded up: `Retry-After` (RFC 9110, 10.2.3)
 * as seconds or as a date, or OpenAI's finer `retry-after-ms`. Undefined: none, or nonsense.
 */
export function readRetryAfter(
  headers: { get(name: string): string | null } | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = number(headers?.get('retry-after-ms'));
  if (milliseconds !== undefined) return Math.ceil(milliseconds / 1000);
  const text = headers?.get('retry-after');
  const seconds = number(text);
  if (seconds !== undefined) return Math.ceil(seconds);
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}

function number(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
