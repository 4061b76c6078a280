import { filled, isObject, type JsonObject } from './json-values.js';

/** What a provider says of its failure, taken out of the many shapes it comes in. */
export interface ProviderFault {
  /** The HTTP status, that of the response or one that stands in the body. */
  status: number | undefined;
  /** Its codes and types, in lower case. */
  codes: ReadonlySet<string>;
  /** Its own words: for the log and for recognition, never for a caller. */
  message: string | undefined;
}

/**
 * Reads an error body. OpenAI's is `{error: {message, type, code}}`; Gemini wraps that in an array
 * and adds `status` and `details[].reason`, Azure adds `innererror.code`, OpenRouter's `code` is a
 * status, vLLM's has no `error` around it, MiniMax's is `base_resp`, and some are only a string.
 */
export function readFault(body: unknown, status?: number): ProviderFault {
  const outer: unknown = Array.isArray(body) ? body[0] : body;
  if (!isObject(outer)) return { status, codes: new Set(), message: filled(outer) };
  const inner = outer.error ?? outer.base_resp ?? outer;
  if (!isObject(inner)) {
    // `{"error": "text", "code": …}`: the text stands alone, the rest beside it.
    return { status: status ?? readStatus(outer), codes: codesOf(outer), message: filled(inner) };
  }
  return {
    status: status ?? readStatus(inner),
    codes: codesOf(inner),
    message: filled(inner.message) ?? filled(inner.detail) ?? filled(inner.status_msg),
  };
}

/** The error that a payload of a stream holds. Undefined: it is none. */
export function readStatedFault(
  chunk: JsonObject,
  event: string,
  choice: JsonObject | undefined,
): ProviderFault | undefined {
  if (chunk.error) return readFault(chunk);
  // OpenRouter puts what its upstream says into the choice.
  if (choice !== undefined) return choice.error ? readFault(choice) : undefined;
  const failed =
    event === 'error' ||
    chunk.object === 'error' ||
    chunk.type === 'error' ||
    (filled(chunk.message) !== undefined && readStatus(chunk) !== undefined) ||
    (isObject(chunk.base_resp) && Boolean(chunk.base_resp.status_code));
  return failed ? readFault(chunk) : undefined;
}

function readStatus(fault: JsonObject): number | undefined {
  return [fault.status, fault.code, fault.status_code, fault.http_code]
    .map(Number)
    .find((value) => Number.isInteger(value) && value >= 400 && value < 600);
}

function codesOf(fault: JsonObject): ReadonlySet<string> {
  const details = Array.isArray(fault.details) ? (fault.details as unknown[]) : [];
  const nested = [fault.innererror, fault.metadata, ...details].filter(isObject);
  const named = [fault, ...nested].flatMap((one) => [one.code, one.type, one.status, one.reason]);
  const codes = named.flatMap((value) => filled(value)?.toLowerCase() ?? []);
  // OpenRouter marks what its moderation refused only so.
  if (nested.some((one) => 'flagged_input' in one)) codes.push('content_filter');
  return new Set(codes);
}
