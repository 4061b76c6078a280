import { extname } from 'node:path';
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
    library.read(name).then((content) => {
      if (content === undefined) return next();
      response.set('Cache-Control', 'no-cache');
      const extension = extname(name);
      if (extension === '.md') {
        return response.type('html').send(documentPage(content.toString(), name));
      }
      return response.type(extension || 'text/plain').send(content);
    }, next);
  };
}
