import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Settings } from '../config/settings.js';

/** Security headers for everything that is answered. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        // On plain HTTP it would turn the documentation's own assets into https:// requests.
        upgradeInsecureRequests: null,
      },
    },
  });
}

/** Who may call from a browser, and which headers it may send and read. */
export function corsOptions({ corsOrigins }: Settings): CorsOptions {
  return {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Accept',
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'Last-Event-ID',
      'Prefer',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'Location',
      'Preference-Applied',
      'Retry-After',
      'X-Request-Id',
      'X-Run-Id',
      'X-Session-Id',
    ],
    maxAge: 600,
  };
}
