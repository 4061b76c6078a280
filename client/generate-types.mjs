/**
 * Writes `src/api/schema.ts` from the service's OpenAPI document. Needs a build: `npm run build`.
 *
 *     npm run client:types                       of the built service, which is started for it
 *     npm run client:types -- --url <document>   of a service that runs
 *     npm run client:types -- --check            writes nothing; exits with 1 where the file is stale
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import openapiTS, { COMMENT_HEADER, astToString } from 'openapi-typescript';

const ROOT = join(import.meta.dirname, '..');
const TYPES = join(import.meta.dirname, 'src/api/schema.ts');

const { values } = parseArgs({
  options: { url: { type: 'string' }, check: { type: 'boolean', default: false } },
});
const types = values.url === undefined ? await typesOfTheBuild() : await typesOf(values.url);

if (!values.check) await writeFile(TYPES, types);
else if ((await readFile(TYPES, 'utf8')) !== types) {
  console.error('client/src/api/schema.ts is stale: npm run build && npm run client:types');
  process.exitCode = 1;
}

async function typesOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  // What has a default may be left out of a request.
  const written = await openapiTS(await response.json(), { defaultNonNullable: false });
  return COMMENT_HEADER + astToString(written);
}

async function typesOfTheBuild() {
  const directory = await mkdtemp(join(tmpdir(), 'agno-api-types-'));
  const env = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: directory,
    CONFIG_DIR: join(ROOT, 'config'),
    LOCAL_PROBE_INTERVAL: '0',
  };
  const main = join(ROOT, 'dist/main.js');
  // In a directory of its own: a developer's `.env` is not read.
  const service = spawn(process.execPath, [main], {
    cwd: directory,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => void service.once('close', resolve));
  try {
    return await typesOf(`${await addressOf(service)}/openapi.json`);
  } finally {
    service.kill();
    await exited;
    await rm(directory, { recursive: true, force: true });
  }
}

/** Where a service listens: its log says it. */
async function addressOf(service) {
  const lines = [];
  for await (const line of createInterface({ input: service.stdout })) {
    lines.push(line);
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url === undefined) continue;
    service.stdout.resume();
    return url.replace(/\/$/, '');
  }
  throw new Error(`The service did not start:\n${lines.join('\n')}`);
}
