/** The members of an answer that come before its result, as most servers write them. */
const FIRST = /^\s*\{\s*"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+)\s*,/;

/** The same after it, as the official TypeScript servers do. */
const LAST = /"jsonrpc"\s*:\s*"2\.0"\s*,\s*"id"\s*:\s*(\d+)\s*\}\s*$/;

/** The id of an answer of which only the beginning and the end are known; undefined where neither says. */
export function answeredId(beginning: string, end: string): number | undefined {
  const id = (FIRST.exec(beginning) ?? LAST.exec(end))?.[1];
  return id === undefined ? undefined : Number(id);
}
