import { costOf } from '../../lib/cost.js';
import { formatBytes, formatCost, formatMs } from '../../lib/format.js';
import { html } from '../../lib/html.js';
import { models } from '../../state/catalog.js';
import { Bars } from './bars.js';

/** What is not known, or not known yet. */
const UNKNOWN = '–';

/** How fast it came, and what it took. @param {{recorder: import('../../state/recorder.js').Recorder}} props */
export function TimingTab({ recorder }) {
  void recorder.slowVersion.value;
  const { statistics, startedAt, overAt, connections } = recorder;
  const { gaps, gapChart, rateChart, slice, texts } = statistics;
  const said = recorder.last ?? answerOf(recorder);
  const tokens = said?.usage?.output_tokens;
  const speed = statistics.speed(tokens);
  const each = statistics.tokensEach(tokens);
  const unit = each === undefined ? 'pieces' : 'tokens';
  const known = (/** @type {number | undefined} */ ms) =>
    ms === undefined ? UNKNOWN : formatMs(ms);
  const facts = [
    ['First token', known(statistics.firstToken)],
    ['Total', known(overAt && overAt - startedAt)],
    [
      speed?.unit === 'pieces' ? 'Pieces a second' : 'Tokens a second',
      speed?.rate.toFixed(1) ?? UNKNOWN,
    ],
    ['Gaps: median', known(gaps.at(0.5))],
    ['Gaps: 95 % below', known(gaps.at(0.95))],
    ['Gaps: longest', gaps.count > 0 ? formatMs(gaps.longest) : UNKNOWN],
    ['Events with text', texts.toLocaleString('en')],
    ['Received', formatBytes(statistics.bytes || (connections.at(-1)?.text?.length ?? 0))],
    ['Connections', String(connections.length)],
    ['Tokens in', said?.usage?.input_tokens.toLocaleString('en') ?? UNKNOWN],
    ['Tokens out', tokens?.toLocaleString('en') ?? UNKNOWN],
    ['Cost', costText(said)],
  ];
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
    ${
      speed &&
      html`<p class="hint">
        What was replayed after a cut is left out. A second is one in which the model wrote: waits
        for a tool or an approval do not count.
      </p>`
    }
    ${said?.usage?.estimated && html`<p class="hint">The provider told no usage: it was counted by the service.</p>`}
    ${
      gaps.count > 0 &&
      html`<${Bars}
          title=${`${unit === 'tokens' ? 'Tokens' : 'Pieces'} a second, over time`}
          values=${rateChart.values.map((count) => (count * (each ?? 1) * 1000) / slice)}
          unit="a second"
          note=${`${formatMs(slice)} a bar`}
          place=${(/** @type {number} */ at) => formatMs(at * slice)}
        />
        <${Bars}
          title="Gaps between pieces, in their order"
          values=${gapChart.values}
          unit="ms"
          note=${gapChart.each > 1 ? `the longest of ${gapChart.each} a bar` : ''}
          place=${(/** @type {number} */ at) => `piece ${at * gapChart.each + 2}`}
        />`
    }
  </div>`;
}

/** @param {{usage?: import('agno-api-client').Usage, model: string} | undefined} said */
function costText(said) {
  if (!said?.usage) return UNKNOWN;
  const prices = models.value.find(({ id }) => id === said.model)?.prices;
  const cost = costOf(said.usage, prices);
  return cost === undefined ? 'no price known' : formatCost(cost);
}

/**
 * The answer of a request that was answered whole.
 *
 * @param {import('../../state/recorder.js').Recorder} recorder
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
