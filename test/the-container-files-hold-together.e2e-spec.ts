import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../src/config/load-config.js';
import { isIgnored } from './support/dockerignore.js';
import { execForm, parseDockerfile, type Instruction } from './support/dockerfile.js';
import { startService } from './support/service.js';

const ROOT = join(import.meta.dirname, '..');
/** Where there is no `.env`. */
const EMPTY = import.meta.dirname;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

interface Compose {
  services: Record<
    string,
    {
      ports: string[];
      env_file: { path: string; required: boolean }[];
      environment: Record<string, string>;
      volumes: string[];
      stop_grace_period: string;
      [key: string]: unknown;
    }
  >;
  volumes: Record<string, unknown>;
}

const { args, stages } = parseDockerfile(read('Dockerfile'));
const final = stages.at(-1)!;
const dockerignore = read('.dockerignore');
const compose = parse(read('compose.yaml')) as Compose;
const service = compose.services['agno-api']!;

const all = (name: string, instructions: readonly Instruction[] = final.instructions) =>
  instructions.filter((instruction) => instruction.name === name);
const the = (name: string) => {
  const found = all(name);
  expect(found).toHaveLength(1);
  return found[0]!.rest;
};
/** The environment that the image sets. */
const imageEnv = Object.fromEntries(
  all('ENV')
    .flatMap(({ rest }) => rest.split(/\s+/))
    .map((pair) => pair.split('=') as [string, string]),
);

describe('the Dockerfile', () => {
  it('builds every stage on the base image, which can be replaced', () => {
    expect(args).toMatchObject([{ name: 'ARG', rest: 'NODE_IMAGE=node:24-slim' }]);
    expect(stages.map(({ base }) => base)).toEqual(stages.map(() => '${NODE_IMAGE}'));
  });

  it('copies only from stages that come before', () => {
    stages.forEach(({ instructions }, index) => {
      const earlier = stages.slice(0, index).map(({ name }) => name);
      const sources = all('COPY', instructions).flatMap(({ options }) => options['from'] ?? []);
      expect(earlier).toEqual(expect.arrayContaining(sources));
    });
  });

  it('copies only what is there and not left out of the context', () => {
    const copied = stages
      .flatMap(({ instructions }) => all('COPY', instructions))
      .filter(({ options }) => options['from'] === undefined)
      .flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1));
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'src', 'config']));
    for (const source of copied) {
      expect([source, existsSync(join(ROOT, source))]).toEqual([source, true]);
      expect([source, isIgnored(dockerignore, source)]).toEqual([source, false]);
    }
  });

  it('runs on packages that were installed without the development ones', () => {
    const packages = all('COPY').find(({ rest }) => rest.includes('node_modules'));
    const origin = stages.find(({ name }) => name === packages?.options['from']);
    expect(all('RUN', origin?.instructions).map(({ rest }) => rest)).toEqual(['npm ci --omit=dev']);
    const { dependencies } = JSON.parse(read('package.json')) as { dependencies: object };
    expect(dependencies).not.toHaveProperty('node');
  });

  it('has the page and the client that it loads', () => {
    const copied = all('COPY').map(({ rest }) => rest);
    expect(copied).toEqual(
      expect.arrayContaining([
        'playground ./playground',
        'client/package.json ./client/',
        '/app/client/dist ./client/dist',
      ]),
    );
  });

  it('starts what the build makes, with Node as process 1 and SIGTERM as its end', () => {
    const { main } = JSON.parse(read('package.json')) as { main: string };
    expect(execForm(the('CMD'))).toEqual(['node', main]);
    expect(all('ENTRYPOINT')).toEqual([]);
    expect(the('STOPSIGNAL')).toBe('SIGTERM');
  });

  it('runs as a user that is not root, who owns the data directory', () => {
    const [uid, gid] = the('USER').split(':');
    expect(Number(uid)).toBeGreaterThan(0);
    const makesData = all('RUN').find(({ rest }) => rest.endsWith(` ${imageEnv['DATA_DIR']}`));
    expect(makesData?.rest).toContain(`-o ${uid} -g ${gid} -m 0700`);
    expect(the('VOLUME')).toBe(imageEnv['DATA_DIR']);
  });

  it('asks for its health what the service answers', async () => {
    const [command, ...words] = execForm(the('HEALTHCHECK'));
    expect(command).toBe('node');
    const healthCheck = async (port: string) => {
      const child = spawn(process.execPath, words, { env: { PORT: port }, stdio: 'ignore' });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    };
    const running = await startService();
    const { port } = new URL(running.url);
    try {
      expect(await healthCheck(port)).toBe(0);
    } finally {
      await running.close();
    }
    expect(await healthCheck(port)).toBe(1);
  });
});

describe('compose.yaml', () => {
  it('sets what the service understands, and agrees with the image', () => {
    const env = { ...imageEnv, ...service.environment, CONFIG_DIR: join(ROOT, 'config') };
    const { settings } = loadConfig(env, { cwd: EMPTY });
    expect(settings).toMatchObject({ host: '0.0.0.0', port: 8000, dataDir: '/data' });
    expect(service.environment).toMatchObject({
      HOST: imageEnv['HOST'],
      PORT: imageEnv['PORT'],
      DATA_DIR: imageEnv['DATA_DIR'],
    });
    expect(the('EXPOSE')).toBe(imageEnv['PORT']);
  });

  it('publishes the port on the loopback only', () => {
    expect(service.ports).toEqual([`127.0.0.1:\${PORT:-8000}:${imageEnv['PORT']}`]);
  });

  it('keeps the data in a volume and reads the configuration of the project', () => {
    expect(service.volumes).toEqual([
      `data:${imageEnv['DATA_DIR']}`,
      `./config:${service.environment['CONFIG_DIR']}:ro`,
    ]);
    expect(compose.volumes).toHaveProperty('data');
    expect(service.env_file).toEqual([{ path: '.env', required: false }]);
  });

  it('takes every right away that the service does not need', () => {
    expect(service).toMatchObject({
      read_only: true,
      tmpfs: ['/tmp'],
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(service).not.toHaveProperty('privileged');
    expect(service).not.toHaveProperty('user');
  });

  it('waits for longer than the service takes to let its answers end', () => {
    const { settings } = loadConfig({ CONFIG_DIR: join(ROOT, 'config') }, { cwd: EMPTY });
    expect(parseInt(service.stop_grace_period)).toBeGreaterThan(settings.shutdownGraceMs / 1000);
  });

  it('shows how to hand over a secret: without the comment signs it is valid', () => {
    const example = /^( *)# (?=secrets:|OPENAI_API_KEY_FILE:| {2})/gm;
    const { services, secrets } = parse(read('compose.yaml').replace(example, '$1')) as {
      services: Compose['services'];
      secrets: Record<string, unknown>;
    };
    const [name] = Object.keys(secrets);
    expect(services['agno-api']).toMatchObject({
      secrets: [name],
      environment: { OPENAI_API_KEY_FILE: `/run/secrets/${name}` },
    });
  });
});

describe('.dockerignore', () => {
  it.each([
    'node_modules/express/package.json',
    'data/agno.db',
    '.env',
    '.env.local',
    'src/.env',
    '.git/config',
    'dist/main.js',
    'client/dist/index.js',
    'secrets/openai_api_key',
    'test/a.e2e-spec.ts',
    'src/http/sse.spec.ts',
  ])('leaves %s out', (path) => {
    expect(isIgnored(dockerignore, path)).toBe(true);
  });

  it.each([
    'src/main.ts',
    'client/src/index.ts',
    'playground/main.js',
    'config/models.yaml',
    'package-lock.json',
    '.npmrc',
  ])('lets %s in', (path) => {
    expect(isIgnored(dockerignore, path)).toBe(false);
  });
});

describe('docs/deployment.md', () => {
  it('shows probes that Kubernetes can read and the service answers', () => {
    const blocks = [...read('docs/deployment.md').matchAll(/```yaml\n(.*?)```/gs)];
    const documents = blocks.flatMap(([, block]) => parseAllDocuments(block ?? ''));
    expect(documents.flatMap(({ errors }) => errors)).toEqual([]);
    const text = blocks.map(([, block]) => block).join('\n');
    expect(text).toContain('path: /health/live');
    expect(text).toContain('path: /health/ready');
    expect(text).toContain(`containerPort: ${imageEnv['PORT']}`);
  });
});
