/** The longest wait that is passed on, in seconds: a day. */
const MAX_WAIT = 86_400;

/**
 * The wait that a response asks for, in seconds and rounded up: `Retry-After` (RFC 9110, 10.2.3)
 * as seconds or as a date, or OpenAI's finer `retry-after-ms`; at most a day. Undefined: none, or
 * nonsense.
 */
export function readRetryAfter(
  headers: { get(name: string): string | null } | undefined,
  now: number = Date.now(),
): number | undefined {
  const milliseconds = number(headers?.get('retry-after-ms'));
  if (milliseconds !== undefined) return wait(milliseconds / 1000);
  const text = headers?.get('retry-after');
  const seconds = number(text);
  if (seconds !== undefined) return wait(seconds);
  const date = Date.parse(text ?? '');
  return Number.isNaN(date) ? undefined : wait((date - now) / 1000);
}

function wait(seconds: number): number | undefined {
  // Hundreds of digits make an infinity, which no header and no JSON can say.
  return Number.isFinite(seconds) ? Math.min(MAX_WAIT, Math.max(0, Math.ceil(seconds))) : undefined;
}

function number(text: string | null | undefined): number | undefined {
  return text && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
