/**
 * What an answer has cost, in US dollars; undefined where no price is known.
 *
 * @param {import('agno-api-client').Usage | undefined} usage
 * @param {{input: number, output: number} | null | undefined} prices a million tokens
 */
export function costOf(usage, prices) {
  if (!usage || !prices) return undefined;
  return (usage.input_tokens * prices.input + usage.output_tokens * prices.output) / 1_000_000;
}
