/**
 * Loaded into every contender's process, ahead of it: tells what only the process itself can see. It
 * does nothing until it is asked.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ProbeAsk, ProbeReply } from './probe-messages.ts';

/** A delay is what a timer of this time is late by. */
const RESOLUTION_MS = 10;
const PROFILE_INTERVAL_US = 200;

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;
let profiler: Session | undefined;

async function watch(profile: boolean): Promise<void> {
  if (profile) {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US });
    await profiler.post('Profiler.start');
  }
  delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
}

/** The 99th percentile of the delays since `watch`, in milliseconds. */
async function unwatch(profile?: string): Promise<number> {
  const p99 = (delays?.percentile(99) ?? Number.NaN) / 1e6 - RESOLUTION_MS;
  delays?.disable();
  if (profiler !== undefined && profile !== undefined) {
    const { profile: samples } = await profiler.post('Profiler.stop');
    profiler.disconnect();
    profiler = undefined;
    writeFileSync(profile, JSON.stringify(samples));
  }
  return Math.max(0, p99);
}

/** What the process holds once all that is garbage is gone, in bytes. */
function memory(): { rss: number; heap: number } {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

async function answer(ask: ProbeAsk): Promise<ProbeReply> {
  if (ask.probe === 'watch') return { probe: 'watch', value: await watch(ask.profile) };
  if (ask.probe === 'unwatch') return { probe: 'unwatch', value: await unwatch(ask.profile) };
  return { probe: 'memory', value: memory() };
}

process.on('message', (ask: ProbeAsk) => {
  void answer(ask).then((reply) => process.send!(reply));
});
// The benchmark has ended, whichever way.
process.on('disconnect', () => process.exit());
// The channel must not keep a contender alive that would end.
process.channel?.unref();
