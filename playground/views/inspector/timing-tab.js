import { costOf } from '../../lib/cost.js';
import { formatBytes, formatCost, formatMs } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { rateOverTime, statisticsOf } from '../../lib/statistics.js';
import { models } from '../../state/catalog.js';
import { Bars } from './bars.js';

/** How many bars a chart has. */
const BARS = 60;

/** How fast it came, and what it took. @param {{recorder: import('../../state/wire.js').Recorder}} props */
export function TimingTab({ recorder }) {
  void recorder.version.value;
  const { events, startedAt, overAt, last } = recorder;
  const said = last ?? answerOf(recorder);
  const statistics = statisticsOf(events, startedAt, overAt);
  const { firstToken, total, gaps, gapList, texts } = statistics;
  const seconds =
    firstToken === undefined ? 0 : ((total ?? performance.now() - startedAt) - firstToken) / 1000;
  const tokens = said?.usage?.output_tokens;
  const prices = models.value.find(({ id }) => id === said?.model)?.prices;
  const cost = costOf(said?.usage, prices);
  const facts = [
    ['First token', firstToken === undefined ? '–' : formatMs(firstToken)],
    ['Total', total === undefined ? '–' : formatMs(total)],
    [
      'Tokens a second',
      tokens !== undefined && seconds > 0
        ? (tokens / seconds).toFixed(1)
        : texts > 1 && seconds > 0
          ? `${(texts / seconds).toFixed(1)} (pieces)`
          : '–',
    ],
    ['Gaps: median', gaps ? formatMs(gaps.median) : '–'],
    ['Gaps: 95 % below', gaps ? formatMs(gaps.p95) : '–'],
    ['Gaps: longest', gaps ? formatMs(gaps.longest) : '–'],
    ['Events with text', String(texts)],
    ['Received', formatBytes(statistics.bytes || (recorder.connections.at(-1)?.text?.length ?? 0))],
    ['Connections', String(recorder.connections.length)],
    ['Tokens in', said?.usage ? said.usage.input_tokens.toLocaleString('en') : '–'],
    ['Tokens out', tokens === undefined ? '–' : tokens.toLocaleString('en')],
    ['Cost', cost === undefined ? 'no price known' : formatCost(cost)],
  ];
  const { rates, width } = rateOverTime(events, startedAt, BARS);
  return html`<div class="timing">
    <dl class="figures">
      ${facts.map(
        ([name, value]) =>
          html`<div key=${name}>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
    ${said?.usage?.estimated && html`<p class="hint">The provider told no usage: it was counted by the service.</p>`}
    ${
      texts > 1 &&
      html`<${Bars}
          title="Pieces a second, over time"
          values=${rates}
          unit="a second"
          note=${`${formatMs(width)} a bar`}
        />
        <${Bars}
          title="Gaps between pieces, in their order"
          values=${thinned(gapList, BARS)}
          unit="ms"
          note=${gapList.length > BARS ? 'the longest of each part' : ''}
        />`
    }
  </div>`;
}

/** So many values of a longer list: the greatest of each part. @param {number[]} values @param {number} count */
function thinned(values, count) {
  if (values.length <= count) return values;
  const parts = /** @type {number[]} */ (Array(count).fill(0));
  values.forEach((value, at) => {
    const part = Math.floor((at * count) / values.length);
    parts[part] = Math.max(parts[part], value);
  });
  return parts;
}

/**
 * The answer of a request that was answered whole.
 *
 * @param {import('../../state/wire.js').Recorder} recorder
 * @returns {import('agno-api-client').Answer | undefined}
 */
function answerOf({ connections }) {
  const text = connections.at(-1)?.text;
  if (text === undefined || connections.at(-1)?.status !== 200) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
