import { useSignal } from '@preact/signals';
import { html } from '../../lib/html.js';

const WIDTH = 300;
const HEIGHT = 70;

/**
 * A chart of bars, with its figures in words for those who do not see it. `place` says what a value stands at.
 *
 * @param {{
 *   title: string,
 *   values: readonly number[],
 *   unit: string,
 *   note: string,
 *   place: (at: number) => string,
 * }} props
 */
export function Bars({ title, values, unit, note, place }) {
  const isOpen = useSignal(false);
  const sorted = values.toSorted((one, other) => one - other);
  const most = sorted.at(-1) ?? 0;
  const width = WIDTH / values.length;
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const summary = `at most ${round(most)} ${unit}, median ${round(middle)}`;
  return html`<figure class="chart">
    <figcaption>${title} <span>${summary}${note && `; ${note}`}</span></figcaption>
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
    <details
      open=${isOpen.value}
      onToggle=${(/** @type {Event} */ event) => {
        isOpen.value = /** @type {HTMLDetailsElement} */ (event.target).open;
      }}
    >
      <summary>As a table</summary>
      ${
        isOpen.value &&
        html`<table>
          <thead>
            <tr>
              <th scope="col">at</th>
              <th scope="col">${unit}</th>
            </tr>
          </thead>
          <tbody>
            ${values.map(
              (value, at) =>
                html`<tr key=${at}>
                  <td>${place(at)}</td>
                  <td>${round(value)}</td>
                </tr>`,
            )}
          </tbody>
        </table>`
      }
    </details>
  </figure>`;
}

/** @param {number} value */
function round(value) {
  return value < 10 ? value.toFixed(1) : Math.round(value).toString();
}
