import { copyFile, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { runBare, type BareEnd } from './support/bare-process.js';
import { writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { ON_A_FULL_DISK } from './support/full-disk.js';
import {
  checkTruths,
  follow,
  followHalfway,
  halvesOf,
  hasRead,
  tellHalves,
} from './support/half-told-truths.js';
import { request } from './support/http-client.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { answer } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { questionFor, tellingTruths, truth } from './support/truths.js';

/** Runs that stream while the copy is made. */
const STREAMING = Array.from({ length: 20 }, (_, index) => 100 + index);

let provider: ScriptedProvider;
let config: ConfigDir;
/** What the tests have to clear away, the last first. */
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  provider = await ScriptedProvider.start();
  cleanUps = [() => provider.close()];
  config = await configured();
});
afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

async function configured(): Promise<ConfigDir> {
  const made = await writeConfigDir({ provider });
  cleanUps.push(() => made.remove());
  return made;
}

async function serving({ env }: ConfigDir = config): Promise<ServiceProcess> {
  const service = await startProcess(env);
  cleanUps.push(() => service.kill());
  return service;
}

/** Where copies go: beside the data. */
const place = (name: string): string => join(dirname(config.dataDir), name);
const backUp = (...args: string[]): Promise<BareEnd> =>
  runBare(config.env, { run: ['backup.js', ...args] });
const chat = ({ url }: ServiceProcess, number: number, more: object = {}) =>
  request(`${url}/api/v1/chat`, {
    body: { message: questionFor(number), ...more },
    headers: { 'idempotency-key': `truth-${number}` },
  });

/** A service that stands on a copy, in a directory of its own. */
async function servingCopy(copy: string): Promise<ServiceProcess> {
  const other = await configured();
  await mkdir(other.dataDir, { mode: 0o700 });
  await copyFile(copy, join(other.dataDir, 'agno.db'));
  return serving(other);
}

describe('the backup of a live database', () => {
  it('is whole, whenever it is made, and disturbs nobody', async () => {
    provider.always(tellingTruths({ delay: 15, piece: 12 }));
    const service = await serving();
    const before = await chat(service, 1);
    const followed = STREAMING.map((number) => follow(service.url, number));
    for (const each of followed) await hasRead(each, 'Truth ');
    const copies = ['a.db', 'b.db', 'c.db'].map(place);
    for (const copy of copies) {
      const made = await backUp(copy);
      const { size } = await stat(copy);
      expect(made).toMatchObject({
        code: 0,
        stdout: `${copy} (${size} bytes)\n`,
        stderr: '',
      });
    }
    await checkTruths(service.url, followed);
    for (const { reader } of followed) expect(reader.connections).toHaveLength(1);

    const underWay: unknown[] = [];
    for (const copy of copies) {
      const database = new Database(copy, { readonly: true });
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
      // No log has a gap: the copy is of one moment.
      const torn = database.prepare(
        `SELECT log FROM run_events GROUP BY log HAVING max(seq) <> count(*)`,
      );
      expect(torn.all()).toEqual([]);
      underWay.push(
        database.prepare('SELECT count(*) FROM run_logs WHERE ended = 0').pluck().get(),
      );
      database.close();
    }
    expect(underWay[0]).toBeGreaterThan(0);
    const standIn = await servingCopy(copies.at(-1)!);
    expect((await chat(standIn, 1)).body).toBe(before.body);
    const { data } = (await request(`${standIn.url}/api/v1/runs?limit=100`)).json<{
      data: { state: string; text: string }[];
    }>();
    expect(data).toHaveLength(1 + STREAMING.length);
    for (const { state, text } of data) {
      const whole = truth(Number(/^Truth (\d+)\./.exec(text)?.[1]));
      expect(state === 'completed' ? [state, text] : [state, whole.slice(0, text.length)]).toEqual([
        whole === text ? 'completed' : 'failed',
        text,
      ]);
    }
  });

  it('does not go on with runs whose readers may have seen more than it holds', async () => {
    tellHalves(provider, provider.gate());
    const service = await serving();
    const followed = await followHalfway(service.url, STREAMING);
    provider.reply(answer('Done.'));
    const finished = await request(`${service.url}/api/v1/chat`, { body: { message: 'Hi' } });
    const copy = place('copy.db');
    expect((await backUp(copy)).code).toBe(0);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
    const asked = provider.requests.length;

    const standIn = await servingCopy(copy);
    for (const { number, reader } of followed) {
      const late = follow(standIn.url, number, { runId: reader.runId! });
      const { text, terminalChunks } = await late.read;
      expect(text).toBe(halvesOf(number)[0]);
      expect(terminalChunks).toMatchObject([
        { finish_reason: 'error', error: { code: 'shutting_down', retryable: true } },
      ]);
    }
    const run = await request(`${standIn.url}/api/v1/runs/${String(finished.json()['run_id'])}`);
    expect(run.json()).toMatchObject({ state: 'completed', text: 'Done.' });
    expect(provider.requests).toHaveLength(asked);

    // They are still those of the service that was copied, which goes on with them.
    await service.kill();
    await service.restart().then((next) => cleanUps.push(() => next.kill()));
    await checkTruths(service.url, followed);
  });

  it('is made of what a killed process has left, and of what a stopped one has', async () => {
    provider.always(tellingTruths());
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      const service = await serving();
      const { body } = await chat(service, 2);
      await service.stop(signal);
      const copy = place(`${signal}.db`);
      expect((await backUp(copy)).code).toBe(0);
      expect((await chat(await servingCopy(copy), 2)).body).toBe(body);
    }
  });
});

describe('a backup that cannot be made', () => {
  const database = () => join(config.dataDir, 'agno.db');

  /** A database of a service that has stopped. */
  async function stopped(): Promise<void> {
    await (await serving()).stop();
  }

  async function refused(args: string[], said: string | RegExp): Promise<void> {
    const before = await readdir(dirname(config.dataDir));
    const { code, stdout, stderr } = await backUp(...args);
    expect([code, stdout]).toEqual([1, '']);
    if (typeof said === 'string') expect(stderr).toBe(`${said}\n`);
    else expect(stderr).toMatch(said);
    expect(await readdir(dirname(config.dataDir))).toEqual(before);
  }

  it('keeps the file that is there', async () => {
    await stopped();
    const target = place('copy.db');
    await writeFile(target, 'mine');
    await refused([target], `Cannot copy to ${target}: there is a file, and it is kept`);
    expect(await readFile(target, 'utf8')).toBe('mine');
  });

  it.each([[[]], [['a.db', 'b.db']], [['--help']]])('says how it is used, given %j', (args) =>
    refused(args, /^Usage: npm run backup -- <file>\n/),
  );

  it('makes no folder', async () => {
    await stopped();
    const target = place('nowhere/copy.db');
    await refused([target], `Cannot copy to ${target}: there is no such folder`);
  });

  it('makes no database where there is none', () =>
    refused([place('copy.db')], `Cannot copy ${database()}: there is no such file`));

  it('leaves nothing behind where the disk is full', async () => {
    await stopped();
    const copy = place('copy.db');
    const { code, stderr } = await runBare(config.env, {
      run: ['backup.js', copy],
      through: ON_A_FULL_DISK,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Cannot copy ${database()} to ${copy}: [^\\n]*\\(SQLITE_\\w+\\)\\n$`),
    );
    expect((await readdir(dirname(copy))).filter((name) => name.startsWith('copy'))).toEqual([]);
  });

  it('copies nothing that is no database of the service', async () => {
    await mkdir(config.dataDir);
    await writeFile(database(), 'Dear diary');
    await refused(
      [place('copy.db')],
      new RegExp(
        `^Cannot copy ${database()} to [^\\n]+: it is not a database \\(SQLITE_NOTADB\\)\\n$`,
      ),
    );
  });
});
