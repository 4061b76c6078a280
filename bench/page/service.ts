import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '../..');
const START_LIMIT_MS = 30_000;
const LOOK_EVERY_MS = 50;

/** The built service, with a data directory of its own. */
export interface Service {
  url: string;
  stop(): Promise<void>;
}

/** @param settings of the environment; nothing else of the caller's own is taken */
export async function startService(settings: Readonly<Record<string, string>>): Promise<Service> {
  const data = await mkdtemp(join(tmpdir(), 'bench-page-'));
  const port = await freePort();
  const service = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATA_DIR: data,
      LOG_LEVEL: 'error',
      // A model server on this machine has no part in it.
      LOCAL_PROBE_INTERVAL: '0',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(service, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (service.exitCode === null) service.kill('SIGKILL');
    await ended;
    await rm(data, { recursive: true });
  };
  const patience = AbortSignal.timeout(START_LIMIT_MS);
  while (!(await isReady(url))) {
    if (service.exitCode !== null || patience.aborted) {
      await stop();
      throw new Error('The service did not start');
    }
    await pause(LOOK_EVERY_MS);
  }
  return { url, stop };
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
