import { figure, head } from './cells.ts';
import type { Column, ScenarioResult } from './results.ts';

const WIDTH = 760;
const LABELS = 250;
const VALUES = 90;
const TOP = 44;
const BAR = 18;
const STEP = 30;

/** Colours that can be read on a light page and, by the media query, on a dark one. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 }
  .bar { fill: #8c959f }
  .ours { fill: #0969da }
  .spread { stroke: #1f2328; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .bar { fill: #6e7681 }
    .ours { fill: #4493f8 }
    .spread { stroke: #e6edf3 }
  }`;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('`', '');

/** One metric of a scenario as an SVG: a bar a contender, with the least and most of its rounds. */
export function chart(result: ScenarioResult, column: Column): string {
  const bars = result.rows.map(({ contender, title, metrics }) => ({
    contender,
    title,
    ...metrics[column.id]!.value,
  }));
  const most = Math.max(...bars.map(({ max }) => max));
  const room = WIDTH - LABELS - VALUES;
  const at = (value: number) => (LABELS + (room * value) / most).toFixed(1);
  const lines = bars.flatMap(({ contender, title, median, min, max }, index) => {
    const y = TOP + index * STEP;
    const middle = y + BAR / 2;
    const width = ((room * median) / most).toFixed(1);
    const shade = contender === 'ours' ? 'bar ours' : 'bar';
    return [
      `<text x="${LABELS - 10}" y="${middle + 4.5}" text-anchor="end">${escaped(title)}</text>`,
      `<rect class="${shade}" x="${LABELS}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
      `<path class="spread" d="M${at(min)} ${middle}H${at(max)}M${at(min)} ${middle - 4}v8M${at(max)} ${middle - 4}v8"/>`,
      `<text x="${Number(at(max)) + 8}" y="${middle + 4.5}">${figure(median)}</text>`,
    ];
  });
  const title = `${result.title}: ${head(column)}`;
  const height = TOP + bars.length * STEP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="10" y="22">${escaped(title)}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
