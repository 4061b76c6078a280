import { readFileSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { Router, type RequestHandler, type Response } from 'express';
import { moduleTags, pageModules } from './page-modules.js';

/** The page's own files: as far up from `src/` as from `dist/`. */
const FOLDER = fileURLToPath(new URL('../../playground/', import.meta.url));

/** What is served of them. */
const SERVED = /\.(?:js|css|svg)$/;

/** Nothing but what comes from this server; images may also be ones that the reader has just chosen. */
const policy = (scripts: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${scripts}`,
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const revalidated = (response: Response): void => {
  response.set('Cache-Control', 'no-cache');
};

const STATIC = { index: false, redirect: false, setHeaders: revalidated } as const;

/**
 * Serves the playground: its page at `/` to whoever prefers HTML to JSON, its files and the modules
 * that they import under `/playground`. Passes on everything else.
 */
export function servePlayground(): RequestHandler {
  const modules = pageModules();
  const own = globSync('**/*.js', { cwd: FOLDER })
    .sort()
    .map((name) => `/playground/${name.replaceAll('\\', '/')}`);
  const tags = moduleTags(modules, own);
  const page = readFileSync(join(FOLDER, 'index.html'), 'utf8').replace(
    '<!-- modules -->',
    () => tags.html,
  );
  const contentSecurityPolicy = policy(tags.hash);

  const router = Router();
  router.get('/', (request, response, next) => {
    response.vary('Accept');
    // `*/*` (curl, fetch) prefers neither: the first of the list wins.
    if (request.accepts(['application/json', 'text/html']) !== 'text/html') return next();
    revalidated(response);
    response.set('Content-Security-Policy', contentSecurityPolicy);
    response.type('html').send(page);
  });
  router.get('/favicon.ico', (_request, response) => {
    revalidated(response);
    response.type('svg').sendFile('favicon.svg', { root: FOLDER });
  });
  for (const { path, folder } of modules) router.use(path, express.static(folder, STATIC));
  const files = express.static(FOLDER, STATIC);
  router.use('/playground', (request, response, next) =>
    SERVED.test(request.path) ? files(request, response, next) : next(),
  );
  return router;
}
