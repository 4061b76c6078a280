/** An answer in its tokens, and why it ends. */
export interface Answer {
  tokens: readonly string[];
  finishReason: 'stop' | 'length';
}

/** The tokens of a text: here a word, with the white space before it. Joined they are the text. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** Ends a text after so many tokens, as `max_tokens` asks for. */
export function cutToTokens(text: string, limit: number = Infinity): Answer {
  const tokens = tokensOf(text);
  return tokens.length <= limit
    ? { tokens, finishReason: 'stop' }
    : { tokens: tokens.slice(0, limit), finishReason: 'length' };
}
