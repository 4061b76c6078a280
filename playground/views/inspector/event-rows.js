import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatBytes } from '../../lib/format.js';
import { html } from '../../lib/html.js';

/** The height of a row, in pixels: as the style sheet has it. */
const ROW = 26;

/** Rows beyond the ones that are seen. */
const MARGIN = 12;

/** @typedef {import('agno-api-client').StreamEvent} StreamEvent */
/** @typedef {import('@preact/signals').Signal<StreamEvent | undefined>} ChosenEvent */

/**
 * The events as a grid, whose rows are gone through by the arrow keys. Only the rows that are seen are
 * there: an answer may have tens of thousands. `first` is how many events were before them.
 *
 * @param {{
 *   recorder: import('../../state/recorder.js').Recorder,
 *   events: readonly StreamEvent[],
 *   first: number,
 *   active: ChosenEvent,
 *   shown: ChosenEvent,
 *   grid: {current: HTMLElement | null},
 * }} props
 */
export function EventRows({ recorder, events, first, active, shown, grid }) {
  // The list of events grows in place.
  void recorder.version.value;
  const top = useSignal(0);
  const height = useSignal(400);
  const follows = useRef(true);
  useEffect(() => {
    const element = /** @type {HTMLElement} */ (grid.current);
    const watching = new ResizeObserver(() => (height.value = element.clientHeight));
    watching.observe(element);
    return () => watching.disconnect();
  }, []);
  useEffect(() => {
    if (grid.current && follows.current) grid.current.scrollTop = (events.length + 1) * ROW;
  }, [events.length]);
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = /** @type {HTMLElement} */ (grid.current);
    top.value = scrollTop;
    follows.current = scrollHeight - scrollTop - clientHeight < 2 * ROW;
  };
  /** @param {number} at */
  const moveTo = (at) => {
    const element = /** @type {HTMLElement} */ (grid.current);
    active.value = events[at];
    follows.current = false;
    // Below the head, which stays where it is.
    const highest = (at + 2) * ROW - element.clientHeight;
    element.scrollTop = Math.min(at * ROW, Math.max(highest, element.scrollTop));
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && active.value) {
      shown.value = active.value;
      return;
    }
    const page = Math.max(1, Math.floor(height.value / ROW) - 2);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    const end = { Home: 0, End: events.length - 1 }[event.key];
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    const from = active.value ? events.indexOf(active.value) : events.length;
    moveTo(end ?? Math.max(0, Math.min(events.length - 1, from + (step ?? 0))));
  };
  const from = Math.max(0, Math.floor(top.value / ROW) - MARGIN);
  const to = Math.min(events.length, Math.ceil((top.value + height.value) / ROW) + MARGIN);
  return html`<div
    class="event-rows"
    role="grid"
    aria-label="Events"
    aria-rowcount=${first + events.length + 1}
    aria-activedescendant=${active.value && events.includes(active.value) ? rowId(active.value) : undefined}
    tabindex="0"
    ref=${grid}
    onScroll=${onScroll}
    onKeyDown=${onKeyDown}
  >
    <div class="event columns" role="row" aria-rowindex="1">
      ${['id', 'after', 'gap', 'size', 'data'].map(
        (name) => html`<span key=${name} role="columnheader">${name}</span>`,
      )}
    </div>
    <div class="event-space" role="rowgroup" style=${{ height: `${events.length * ROW}px` }}>
      <div
        class="event-window"
        role="presentation"
        style=${{ transform: `translateY(${from * ROW}px)` }}
      >
        ${events
          .slice(from, to)
          .map(
            (event, at) =>
              html`<${Row}
                key=${first + from + at}
                event=${event}
                before=${events[from + at - 1]}
                number=${first + from + at + 2}
                startedAt=${recorder.startedAt}
                isActive=${event === active.value}
                onClick=${() => (active.value = shown.value = event)}
              />`,
          )}
      </div>
    </div>
  </div>`;
}

/** @param {StreamEvent} event */
function rowId({ id, connection }) {
  return `event-${id}-${connection}`;
}

/**
 * @param {{
 *   event: StreamEvent,
 *   before: StreamEvent | undefined,
 *   number: number,
 *   startedAt: number,
 *   isActive: boolean,
 *   onClick: () => void,
 * }} props
 */
function Row({ event, before, number, startedAt, isActive, onClick }) {
  const isFirst = (before?.connection ?? 1) !== event.connection;
  const gap = before === undefined ? '' : `+${Math.round(event.receivedAt - before.receivedAt)}`;
  const marks = [
    event.dropped && 'seen before',
    event.replayed && !event.dropped && 'replayed',
    isFirst && `connection ${event.connection}`,
  ].filter(Boolean);
  const classes = `event ${event.replayed ? 'replayed' : ''} ${isFirst ? 'first' : ''}`;
  return html`<div
    id=${rowId(event)}
    class=${classes}
    role="row"
    aria-rowindex=${number}
    aria-selected=${isActive}
    onClick=${onClick}
  >
    <span role="gridcell">${event.id}</span>
    <span role="gridcell">${Math.round(event.receivedAt - startedAt)} ms</span>
    <span role="gridcell">${gap}</span>
    <span role="gridcell">${formatBytes(event.bytes)}</span>
    <span role="gridcell" class="event-data">
      ${marks.map((mark) => html`<em key=${mark}>${mark}</em>`)}
      <span class="event-text">${event.data}</span>
    </span>
  </div>`;
}
