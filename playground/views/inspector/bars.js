import { html } from '../../lib/html.js';

const WIDTH = 300;
const HEIGHT = 70;

/**
 * A chart of bars, with its figures in words for those who do not see it.
 *
 * @param {{title: string, values: readonly number[], unit: string, note: string}} props
 */
export function Bars({ title, values, unit, note }) {
  const most = Math.max(...values, 0);
  const width = WIDTH / values.length;
  const round = (/** @type {number} */ value) =>
    value < 10 ? value.toFixed(1) : Math.round(value).toString();
  const summary = `at most ${round(most)} ${unit}`;
  return html`<figure class="chart">
    <figcaption>${title} <span>${summary}${note && `, ${note}`}</span></figcaption>
    <svg
      viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label=${`${title}: ${summary}`}
    >
      <line x1="0" x2=${WIDTH} y1=${HEIGHT - 0.5} y2=${HEIGHT - 0.5} />
      ${values.map((value, at) => {
        const height = most === 0 ? 0 : (value / most) * (HEIGHT - 4);
        return html`<rect
          key=${at}
          x=${at * width}
          y=${HEIGHT - height}
          width=${Math.max(0.5, width - 1)}
          height=${height}
        />`;
      })}
    </svg>
  </figure>`;
}
