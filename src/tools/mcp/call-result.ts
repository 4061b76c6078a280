import type { ToolOutput } from '../tool.js';
import { isRecord } from './json-values.js';

/** What a call has brought, as text: what is no text is named in a line of its own. */
export function outputOf(result: unknown): ToolOutput {
  const given = isRecord(result) ? result : {};
  const parts = Array.isArray(given['content']) ? given['content'].filter(isRecord) : [];
  const lines = parts.map(textOf);
  const structured = given['structuredContent'];
  // A server that gives both says the same twice.
  const isSaid = parts.some(({ type }) => type === 'text' || type === 'resource');
  if (structured !== undefined && !isSaid) lines.push(JSON.stringify(structured));
  return { content: lines.join('\n').toWellFormed(), isError: given['isError'] === true };
}

function textOf(part: Record<string, unknown>): string {
  switch (part['type']) {
    case 'text':
      return String(part['text']);
    case 'image':
    case 'audio':
      return binary(part['mimeType'], part['data']);
    case 'resource':
      return isRecord(part['resource']) ? resourceText(part['resource']) : '[resource]';
    case 'resource_link':
      return String(part['uri']);
    default:
      return `[${String(part['type'])}]`;
  }
}

function resourceText(resource: Record<string, unknown>): string {
  if (typeof resource['text'] === 'string') return resource['text'];
  return binary(resource['mimeType'], resource['blob']);
}

/** Such as `[image/png, 1234 bytes]`. */
function binary(mimeType: unknown, base64: unknown): string {
  const type = typeof mimeType === 'string' ? mimeType : 'application/octet-stream';
  const bytes = typeof base64 === 'string' ? Buffer.byteLength(base64, 'base64') : 0;
  return `[${type}, ${bytes} bytes]`;
}
