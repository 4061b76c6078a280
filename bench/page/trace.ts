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
import { PageProvider } from './provider.ts';
import { startService } from './service.ts';

const LONG_MS = 50;
const ANSWER_LIMIT_MS = 300_000;

/** Marks the question in the trace: that a trace begins is a task by itself. */
const ASKED = 'asked';

/** What `Tracing.dataCollected` brings, as far as we read it. Times are in microseconds. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur?: number;
}

/** What a trace comes to. Times are in milliseconds. */
interface Traced {
  seconds: number;
  tasks: number;
  longest: number;
  /** When the longest began, in seconds after the question. */
  longestAt: number;
  long: number;
  /** Of the main thread's time, from 0 to 1. */
  busy: number;
}

async function trace(browser: Browser, page: Page, message: string): Promise<Traced> {
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill(message);
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['disabled-by-default-devtools.timeline', 'blink.user_timing'],
    },
  });
  await page.evaluate(`new Promise(requestIdleCallback).then(() => performance.mark('${ASKED}'))`);
  const from = performance.now();
  await page.keyboard.press('Enter');
  const copy = page.getByRole('button', { name: 'Copy the answer' });
  await copy.waitFor({ timeout: ANSWER_LIMIT_MS });
  const took = performance.now() - from;
  const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await complete;
  const tasks = mainThreadTasks(events);
  const busy = tasks.reduce((sum, { ms }) => sum + ms, 0);
  const longest = tasks.reduce((most, task) => (task.ms > most.ms ? task : most));
  return {
    seconds: took / 1000,
    tasks: tasks.length,
    longest: longest.ms,
    longestAt: longest.at,
    long: tasks.filter(({ ms }) => ms > LONG_MS).length,
    busy: busy / took,
  };
}

/** The tasks of the page's main thread after the question. That of a spare process is none of ours. */
function mainThreadTasks(events: readonly TraceEvent[]): { at: number; ms: number }[] {
  const asked = events.find(({ name }) => name === ASKED);
  if (asked === undefined) throw new Error('The trace does not have the question');
  return events
    .filter(({ name, ph, pid, tid }) => {
      return name === 'RunTask' && ph === 'X' && pid === asked.pid && tid === asked.tid;
    })
    .filter(({ ts }) => ts >= asked.ts)
    .map(({ ts, dur = 0 }) => ({ at: (ts - asked.ts) / 1e6, ms: dur / 1000 }));
}

const { values } = parseArgs({
  options: {
    shapes: { type: 'string', default: 'document' },
    tokens: { type: 'string', default: '20000' },
    rate: { type: 'string', default: '800' },
    rounds: { type: 'string', default: '3' },
  },
});
build(join(import.meta.dirname, '../..'));
const provider = await PageProvider.start();
const service = await startService({
  MODEL_NAME: 'vllm/page',
  VLLM_BASE_URL: provider.url,
});
const browser = await startBrowser();
try {
  for (let round = 1; round <= Number(values.rounds); round++) {
    for (const shape of values.shapes.split(',')) {
      for (const inspector of ['closed', 'open']) {
        const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
        const page = await context.newPage();
        await page.goto(service.url);
        await page.getByRole('heading', { name: 'What would you like to know?' }).waitFor();
        if (inspector === 'open') await page.getByRole('button', { name: 'Inspector' }).click();
        // What a page does once it is loaded is no part of an answer.
        await page.evaluate(
          'new Promise((idle) => requestIdleCallback(() => requestIdleCallback(idle)))',
        );
        const message = `${shape} ${values.tokens} ${values.rate}`;
        const traced = await trace(browser, page, message);
        console.log(
          `${message}, inspector ${inspector}: ${traced.seconds.toFixed(1)} s, ` +
            `${traced.tasks} tasks, longest ${traced.longest.toFixed(1)} ms ` +
            `(at ${traced.longestAt.toFixed(1)} s), ` +
            `${traced.long} over ${LONG_MS} ms, main thread ${Math.round(traced.busy * 100)} % busy`,
        );
        await context.close();
      }
    }
  }
} finally {
  await browser.close();
  await service.stop();
  await provider.stop();
}
