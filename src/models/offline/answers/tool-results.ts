import type { ToolCall } from '../chat-request.js';
import { quoted } from './markdown.js';

/** Most characters of a result that are said. */
const RESULT_LENGTH = 4_000;

/** What a cut leaves of a character outside of the BMP. */
const HALF_CHARACTER = /[\ud800-\udbff]$/;

/** A tool that was asked for, and what came of it. */
export interface ToolResult {
  call: ToolCall;
  result: string;
}

/** Says what tools have answered: their words, and whose they are. */
export function toldResults(results: readonly ToolResult[]): string {
  return results.map(({ call, result }) => told(call, result)).join('\n\n');
}

function told(call: ToolCall, result: string): string {
  const asked = call.arguments.trim() === '{}' ? '' : `, asked for \`${call.arguments}\`,`;
  const text = result.trim();
  if (text === '') return `The tool \`${call.name}\`${asked} has answered nothing.`;
  const isCut = text.length > RESULT_LENGTH;
  const shown = isCut ? `${text.slice(0, RESULT_LENGTH).replace(HALF_CHARACTER, '')} …` : text;
  return `The tool \`${call.name}\`${asked} says:\n\n${quoted(shown)}`;
}
