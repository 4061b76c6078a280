const ORIGIN_MS = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** Milliseconds of the machine's monotonic clock, which all its processes share. */
export function monotonicMs(): number {
  return ORIGIN_MS + performance.now();
}
