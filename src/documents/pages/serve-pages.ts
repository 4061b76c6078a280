import type { RequestHandler } from 'express';
import type { DocumentLibrary } from '../document-library.js';
import { documentPage } from './document-page.js';

/**
 * Shows the documents as pages, so that what quotes them can link to them; passes on what is none of
 * them. Middleware and no controller: the assets of `/docs`, a file README.md among them, come before
 * every route.
 */
export function servePages(library: DocumentLibrary): RequestHandler {
  return (request, response, next) => {
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const name = request.path.slice(1);
    if (!isReading || !library.has(name)) return next();
    library.read(name).then((text) => {
      if (text === undefined) return next();
      response.set('Cache-Control', 'no-cache');
      if (name.endsWith('.md')) return response.type('html').send(documentPage(text, name));
      return response.type(name.endsWith('.svg') ? 'svg' : 'text/plain').send(text);
    }, next);
  };
}
