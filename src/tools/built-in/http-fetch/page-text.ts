import type { HttpAnswer } from './http-get.js';

/** How much HTML is made text, in characters: the parser takes its time on the event loop. */
const MOST_HTML = 512 * 1024;

const TEXT =
  /^(?:text\/|application\/(?:json|xml|[\w.+-]+\+(?:json|xml)|javascript|yaml|x-ndjson)$)/;

/** What a page says, as text; undefined where it is none. */
export async function textOfPage({ contentType, body }: HttpAnswer): Promise<string | undefined> {
  const type = mediaType(contentType);
  if (type !== '' && !TEXT.test(type)) return undefined;
  const text = decode(body, contentType);
  if (type !== 'text/html' && type !== 'application/xhtml+xml') return text;
  // No start has to wait for the parser.
  const { convert } = await import('html-to-text');
  return convert(text.slice(0, MOST_HTML), {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { ignoreHref: false, hideLinkHrefIfSameAsText: true } },
    ],
  });
}

export function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}

function decode(body: Buffer, contentType: string): string {
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}
