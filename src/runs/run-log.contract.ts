import { beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '../http/id.js';
import { RunExpiredError, StaleEpochError } from './run-errors.js';
import type { RunEvent } from './run-event.js';
import type { RunLog } from './run-log.js';
import type { RunKey } from './run.js';

const ALL = { events: 1_000, size: Number.MAX_SAFE_INTEGER };

/** What every adapter of the run log promises. */
export function describeRunLog(adapter: string, open: () => Promise<RunLog>): void {
  describe(`a run log in ${adapter}`, () => {
    let log: RunLog;
    let key: RunKey;

    const text = (seq: number, content = `piece ${seq}`): RunEvent => ({
      type: 'text',
      text: content,
      seq,
    });
    const texts = (from: number, to: number): RunEvent[] =>
      Array.from({ length: to - from + 1 }, (_, index) => text(from + index));

    beforeEach(async () => {
      log = await open();
      key = { owner: 'local', id: newId() };
    });

    it('gives back what was appended, in order and whole', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, [text(1), text(2)]);
      await log.append(key, epoch, [text(3)]);
      expect(await log.read(key, 0, ALL)).toEqual([text(1), text(2), text(3)]);
    });

    it('keeps every kind of event and every character as it is', async () => {
      const { epoch } = await log.claim(key);
      const usage = { inputTokens: 3, outputTokens: 1, totalTokens: 4, estimated: true as const };
      const events: RunEvent[] = [
        text(1, 'a\n\r\n\u0000\u2028 \u{1f600}e\u0301 \u05e9\u05dc\u05d5\u05dd \ud800'),
        { type: 'reasoning', text: 'hm', seq: 2 },
        {
          type: 'tool_call_delta',
          toolCall: { id: 'a', name: 'b', argumentsDelta: '{"c' },
          seq: 3,
        },
        {
          type: 'tool_call',
          toolCall: { id: 'a', name: 'b', arguments: { c: [1, null] } },
          seq: 4,
        },
        { type: 'usage', usage, seq: 5 },
        {
          type: 'tool_result',
          toolResult: { id: 'a', name: 'b', content: 'given up', isError: true },
          seq: 6,
        },
        { type: 'provider_switched', attempt: 2, seq: 7 },
        { type: 'text', text: 'first', firstTokenMs: 12, seq: 8 },
        { type: 'turn_finished', finishReason: 'stop', usage, seq: 9 },
        {
          type: 'failed',
          finishReason: 'error',
          usage,
          timings: { firstTokenMs: null, totalMs: 12 },
          attempts: 2,
          output: { a: 1 },
          error: { code: 'provider_timeout', message: 'too long', retryable: true },
          seq: 10,
        },
      ];
      await log.append(key, epoch, events);
      expect(await log.read(key, 0, ALL)).toEqual(events);
    });

    it('reads from a position, and nothing beyond the end', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, texts(1, 5));
      expect(await log.read(key, 3, ALL)).toEqual(texts(4, 5));
      expect(await log.read(key, 5, ALL)).toEqual([]);
      expect(await log.read(key, 99, ALL)).toEqual([]);
    });

    it('reads no more events than asked for', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, texts(1, 5));
      expect(await log.read(key, 1, { events: 2, size: ALL.size })).toEqual(texts(2, 3));
    });

    it('reads no more text than asked for, but always one event', async () => {
      const { epoch } = await log.claim(key);
      const long = 'x'.repeat(10_000);
      await log.append(key, epoch, [text(1, long), text(2, long), text(3, 'y')]);
      expect(await log.read(key, 0, { events: 10, size: 1 })).toHaveLength(1);
      expect(await log.read(key, 0, { events: 10, size: 15_000 })).toHaveLength(1);
      expect(await log.read(key, 0, { events: 10, size: 25_000 })).toHaveLength(3);
    });

    it('refuses a gap, a repeat and a rewrite, and keeps what it has', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, texts(1, 2));
      await expect(log.append(key, epoch, [text(4)])).rejects.toThrow();
      await expect(log.append(key, epoch, [text(2, 'other')])).rejects.toThrow();
      await expect(log.append(key, epoch, [text(3), text(5)])).rejects.toThrow();
      expect(await log.read(key, 0, ALL)).toEqual(texts(1, 2));
      await log.append(key, epoch, [text(3)]);
      expect(await log.read(key, 0, ALL)).toEqual(texts(1, 3));
    });

    it('tells a new owner where the log stands, under a higher epoch', async () => {
      const first = await log.claim(key);
      expect(first.lastSeq).toBe(0);
      await log.append(key, first.epoch, texts(1, 3));
      const second = await log.claim(key);
      expect(second.lastSeq).toBe(3);
      expect(second.epoch).toBeGreaterThan(first.epoch);
    });

    it('refuses the appends of an owner that has lost the run', async () => {
      const stale = await log.claim(key);
      const current = await log.claim(key);
      await expect(log.append(key, stale.epoch, [text(1)])).rejects.toBeInstanceOf(StaleEpochError);
      await expect(log.append(key, stale.epoch, [])).rejects.toBeInstanceOf(StaleEpochError);
      await log.append(key, current.epoch, []);
      await log.append(key, current.epoch, [text(1, 'mine')]);
      await expect(log.append(key, stale.epoch, [text(2)])).rejects.toBeInstanceOf(StaleEpochError);
      expect(await log.read(key, 0, ALL)).toEqual([text(1, 'mine')]);
    });

    it('lets only one of many owners that claim at once append', async () => {
      const owners = await Promise.all(Array.from({ length: 5 }, () => log.claim(key)));
      expect(new Set(owners.map(({ epoch }) => epoch)).size).toBe(5);
      const appends = owners.map(({ epoch }) =>
        log.append(key, epoch, [text(1, `epoch ${epoch}`)]),
      );
      const accepted = (await Promise.allSettled(appends)).filter(
        ({ status }) => status === 'fulfilled',
      );
      expect(accepted).toHaveLength(1);
      const highest = Math.max(...owners.map(({ epoch }) => epoch));
      expect(await log.read(key, 0, ALL)).toEqual([text(1, `epoch ${highest}`)]);
    });

    it('hands new events to every reader that waits for them, and to no other', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, [text(1)]);
      let served = 0;
      const waits = Array.from({ length: 3 }, () => log.next(key, 1, ALL));
      const pages = waits.map(async ({ page }) => {
        const events = await page;
        served += 1;
        return events;
      });
      // Another run's events are no news.
      const other = { owner: 'local', id: newId() };
      await log.append(other, (await log.claim(other)).epoch, [text(1)]);
      expect(served).toBe(0);
      await log.append(key, epoch, texts(2, 3));
      expect(await Promise.all(pages)).toEqual(Array(3).fill(texts(2, 3)));
      expect(waits.map(({ isThere }) => isThere)).toEqual([false, false, false]);
    });

    it('does not let a reader wait for what is there already', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, texts(1, 3));
      const next = log.next(key, 1, { ...ALL, events: 1 });
      expect(next.isThere).toBe(true);
      expect(await next.page).toEqual([text(2)]);
    });

    it('hands out no more than the reader takes', async () => {
      const { epoch } = await log.claim(key);
      const next = log.next(key, 0, { ...ALL, events: 2 });
      await log.append(key, epoch, texts(1, 3));
      expect(await next.page).toEqual(texts(1, 2));
    });

    it('misses no event between two waits', async () => {
      const { epoch } = await log.claim(key);
      const seen: number[] = [];
      const reader = (async () => {
        while (seen.length < 50) {
          const page = await log.next(key, seen.length, ALL).page;
          seen.push(...page.map(({ seq }) => seq));
        }
      })();
      for (let seq = 1; seq <= 50; seq += 1) await log.append(key, epoch, [text(seq)]);
      await reader;
      expect(seen).toEqual(texts(1, 50).map(({ seq }) => seq));
    });

    it('ends a wait that is cancelled', async () => {
      await log.claim(key);
      const next = log.next(key, 0, ALL);
      next.cancel();
      expect(await next.page).toEqual([]);
    });

    it('knows nothing of runs that were never claimed, or are another owner’s', async () => {
      await expect(log.read(key, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, [text(1)]);
      const stranger = { ...key, owner: 'stranger' };
      await expect(log.read(stranger, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
      await expect(log.next(stranger, 0, ALL).page).rejects.toBeInstanceOf(RunExpiredError);
      await expect(log.claim(stranger)).rejects.toBeInstanceOf(RunExpiredError);
      await expect(log.append(stranger, epoch, [text(2)])).rejects.toBeInstanceOf(RunExpiredError);
      await log.drop([stranger]);
      expect(await log.read(key, 0, ALL)).toEqual([text(1)]);
    });

    it('knows the logs that have no terminal event', async () => {
      const [empty, begun, ended] = [newId(), newId(), newId()].map((id) => ({ ...key, id }));
      const claims = await Promise.all([empty, begun, ended].map((run) => log.claim(run!)));
      await log.append(begun!, claims[1]!.epoch, [text(1)]);
      const end: RunEvent = {
        type: 'completed',
        finishReason: 'stop',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
        timings: { firstTokenMs: 1, totalMs: 2 },
        attempts: 1,
        seq: 2,
      };
      await log.append(ended!, claims[2]!.epoch, [text(1), end]);
      expect(await log.unended()).toEqual([empty, begun]);
      await log.append(begun!, claims[1]!.epoch, [end]);
      await log.drop([empty!]);
      expect(await log.unended()).toEqual([]);
    });

    it('forgets what is dropped, and ends the waits on it', async () => {
      const { epoch } = await log.claim(key);
      await log.append(key, epoch, [text(1)]);
      const wait = log.next(key, 1, ALL);
      await log.drop([key]);
      expect(await wait.page).toEqual([]);
      await expect(log.read(key, 0, ALL)).rejects.toBeInstanceOf(RunExpiredError);
    });
  });
}
