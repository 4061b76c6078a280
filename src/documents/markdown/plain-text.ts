/** The words of a piece of Markdown, without its marks and the targets of its links. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^()\s]*\)/g, '$1')
    .replace(/[`*|>]/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
