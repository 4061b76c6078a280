import type { NextFunction, Request, Response } from 'express';
import { ProblemError } from './problem.js';

export class RouteNotFoundError extends ProblemError {
  constructor(method: string, path: string) {
    super('route_not_found', `There is no route ${method} ${path}.`);
  }
}

export class MethodNotAllowedError extends ProblemError {
  constructor(
    method: string,
    path: string,
    readonly allowed: readonly string[],
  ) {
    super('method_not_allowed', `${path} does not know ${method}; it knows ${allowed.join(', ')}.`);
  }
}

/** What we use of Express' router: its layers, in order. */
interface Layer {
  match(path: string): boolean;
  route?: { methods: Record<string, boolean> };
}

/** Why a request has no handler: its path is unknown, or known for other methods only. */
export function noRouteFor(request: Request): ProblemError {
  const { method } = request;
  const path = pathOf(request);
  const allowed = methodsOf(request);
  return allowed.length === 0
    ? new RouteNotFoundError(method, path)
    : new MethodNotAllowedError(method, path, allowed);
}

/**
 * Refuses requests without a handler before their bodies are looked at: a caller with a wrong path
 * is told that, whatever is wrong with the body.
 */
export function requireRoute(request: Request, _response: Response, next: NextFunction): void {
  next(hasRoute(request) ? undefined : noRouteFor(request));
}

/** Looks at the methods first: nearly all requests have a handler, and matching their path costs more. */
function hasRoute(request: Request): boolean {
  const path = pathOf(request);
  // Express answers HEAD with the GET handler.
  const method = request.method === 'HEAD' ? 'get' : request.method.toLowerCase();
  return layersOf(request).some(
    (layer) => layer.route?.methods[method] === true && layer.match(path),
  );
}

/** The methods that a request's path has handlers for. */
function methodsOf(request: Request): string[] {
  const path = pathOf(request);
  const methods = new Set<string>();
  for (const layer of layersOf(request)) {
    // A layer without a route is middleware and matches everything below its path.
    if (layer.route === undefined || !layer.match(path)) continue;
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
    // Express answers HEAD with the GET handler.
    if (methods.has('GET')) methods.add('HEAD');
  }
  return [...methods].sort();
}

function layersOf(request: Request): readonly Layer[] {
  return (request.app.router as unknown as { stack: readonly Layer[] }).stack;
}

/** The whole path: below a mounted middleware `path` lacks its beginning. */
function pathOf({ baseUrl, path }: Request): string {
  return baseUrl + path;
}
