/** Most characters of a question that are said back. */
const QUESTION_LENGTH = 120;

/** The first words on one line; a single longer word is cut between two characters. */
export function shorten(text: string): string {
  const words = text.trim().replace(/\s+/g, ' ');
  const characters = [...words];
  if (characters.length <= QUESTION_LENGTH) return words;
  const start = characters.slice(0, QUESTION_LENGTH).join('');
  const lastSpace = start.lastIndexOf(' ');
  return `${lastSpace > 0 ? start.slice(0, lastSpace) : start} …`;
}

/** Without this a question could open a code block, a list or a tag, and change what follows. */
export function escapeMarkdown(line: string): string {
  return line
    .replace(/[\\`*_~[\]<]|&(?=#?\w+;)/g, '\\$&')
    .replace(/^[#>+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** A block of Markdown as a quotation. */
export function quoted(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => (line === '' ? '>' : `> ${line}`))
    .join('\n');
}
