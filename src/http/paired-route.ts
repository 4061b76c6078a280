import { createServer } from 'node:http';
import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { Express, NextFunction, Request, Response } from 'express';
import { GracefulClose } from './graceful-close.js';

/**
 * What a connection takes in before its reader has to drain it, in bytes: each stalled reader holds
 * about as much. Beyond the kernel's own buffers, Node's usual 64 KB make no reader quicker.
 */
const SOCKET_BUFFER = 16 * 1024;

const CONDITION = 'http:route-condition';

type Condition = (request: Request) => boolean;

/**
 * Makes a handler answer only the requests for which the condition holds; the others go on to the
 * next handler of the same path. The conditional handler has to be declared first.
 */
export const OnlyWhen = (condition: Condition): CustomDecorator =>
  SetMetadata(CONDITION, condition);

/**
 * Lets two handlers share one path: an `@Sse` one and a JSON one. Closes without cutting answers.
 * Every app is built with it.
 */
export class PairedRouteAdapter extends ExpressAdapter {
  #graceful!: GracefulClose;

  override initHttpServer(): void {
    this.httpServer = createServer({ highWaterMark: SOCKET_BUFFER }, this.getInstance<Express>());
    this.#graceful = new GracefulClose(this.httpServer);
  }

  override close(): Promise<void> {
    return this.#graceful.close();
  }

  override post(...args: unknown[]): unknown {
    // Nest copies a controller method's metadata onto the route handler that it registers.
    const paired = args.map((arg) =>
      typeof arg === 'function' ? conditional(arg as Handler) : arg,
    );
    return super.post(...(paired as Parameters<ExpressAdapter['post']>));
  }
}

/** A route handler as Nest registers it. */
type Handler = (request: Request, response: Response, next: NextFunction) => unknown;

function conditional(handler: Handler): Handler {
  const condition = Reflect.getMetadata(CONDITION, handler) as Condition | undefined;
  if (condition === undefined) return handler;
  return (request, response, next) =>
    condition(request) ? handler(request, response, next) : next();
}
