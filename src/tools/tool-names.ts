/** Which tools there are, in a sentence. */
export function nameList(names: readonly string[]): string {
  return names.length === 0 ? 'There are none.' : `The tools are: ${names.join(', ')}.`;
}
