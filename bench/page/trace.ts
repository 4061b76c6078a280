/**
 * Traces the playground in Chromium while it shows a long answer: `npm run bench:page`.
 *
 * A task is what the page's main thread does without a pause; over 50 ms a reader can feel it, and the
 * browser calls it long (https://www.w3.org/TR/longtasks-1/).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { startBrowser } from '../../test/support/browser.ts';
import { build } from '../prepare.ts';
import { startOfflineService } from './offline-service.ts';

const LONG_MS = 50;
const ANSWER_LIMIT_MS = 300_000;

/** What `Tracing.dataCollected` brings, as far as we read it. Times are in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
  args: { name?: string };
}

/** What a trace comes to. Times are in milliseconds. */
interface Traced {
  seconds: number;
  tasks: number;
  longest: number;
  long: number;
  /** Of the main thread's time, from 0 to 1. */
  busy: number;
}

async function trace(browser: Browser, page: Page, tokens: number): Promise<Traced> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill(`/long ${tokens}`);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['disabled-by-default-devtools.timeline'] },
  });
  const from = performance.now();
  await page.keyboard.press('Enter');
  const copy = page.getByRole('button', { name: 'Copy the answer' });
  await copy.waitFor({ timeout: ANSWER_LIMIT_MS });
  const took = performance.now() - from;
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  const tasks = mainThreadTasks(events);
  const busy = tasks.reduce((sum, ms) => sum + ms, 0);
  return {
    seconds: took / 1000,
    tasks: tasks.length,
    longest: Math.max(...tasks),
    long: tasks.filter((ms) => ms > LONG_MS).length,
    busy: busy / took,
  };
}

/** How long each task of the page's main thread took; other renderers have next to nothing to do. */
function mainThreadTasks(events: readonly TraceEvent[]): number[] {
  const threadOf = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  );
  return events
    .filter((event) => event.name === 'RunTask' && event.ph === 'X' && main.has(threadOf(event)))
    .map(({ dur = 0 }) => dur / 1000);
}

const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '3' },
  },
});
build(join(import.meta.dirname, '../..'));
const service = await startOfflineService('1ms');
const browser = await startBrowser();
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const inspector of ['closed', 'open']) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      const page = await context.newPage();
      await page.goto(service.url);
      await page.getByRole('button', { name: 'What can you do?' }).waitFor();
      if (inspector === 'open') await page.getByRole('button', { name: 'Inspector' }).click();
      const traced = await trace(browser, page, Number(values.tokens));
      console.log(
        `${values.tokens} tokens, inspector ${inspector}: ${traced.seconds.toFixed(1)} s, ` +
          `${traced.tasks} tasks, longest ${traced.longest.toFixed(1)} ms, ` +
          `${traced.long} over ${LONG_MS} ms, main thread ${Math.round(traced.busy * 100)} % busy`,
      );
      await context.close();
    }
  }
} finally {
  await browser.close();
  await service.stop();
}
