/** What may be done in one frame before the browser has its turn, in milliseconds. */
const BUDGET_MS = 8;

/** How long a page that nobody sees waits between two turns, in milliseconds. */
const HIDDEN_MS = 250;

/** @type {Set<() => boolean>} */
const waiting = new Set();
let isScheduled = false;

/**
 * Has work done in slices, with the frames of the screen.
 *
 * @param {() => boolean} work does a slice; true: there is more
 */
export function inFrames(work) {
  waiting.add(work);
  if (isScheduled) return;
  isScheduled = true;
  // Without anybody to see them there are no frames.
  if (document.hidden) setTimeout(turn, HIDDEN_MS);
  else requestAnimationFrame(turn);
}

function turn() {
  isScheduled = false;
  const from = performance.now();
  for (const work of [...waiting]) {
    waiting.delete(work);
    let isMore = true;
    while (isMore && performance.now() - from < BUDGET_MS) isMore = work();
    if (isMore) inFrames(work);
  }
}
