import type { Token, Tokens } from 'marked';

/** What a heading says, without its marks: what GitHub makes its anchor of. */
export function headingText({ tokens }: Tokens.Heading): string {
  return tokens.map(plainText).join('').trim();
}

function plainText(token: Token): string {
  if ('tokens' in token && token.tokens !== undefined) return token.tokens.map(plainText).join('');
  return 'text' in token ? String(token.text) : token.raw;
}
