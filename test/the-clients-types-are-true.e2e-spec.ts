import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startService, type RunningService } from './support/service.js';

const GENERATOR = join(import.meta.dirname, '../client/generate-types.mjs');

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

it('has types of its own API: `npm run build && npm run client:types` writes what is there', async () => {
  const options = ['--check', '--url', `${service.url}/openapi.json`];
  const checked = promisify(execFile)(process.execPath, [GENERATOR, ...options]);
  await expect(checked).resolves.toEqual({ stdout: '', stderr: '' });
});
