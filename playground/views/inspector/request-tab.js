import { formatMs } from '../../lib/format.js';
import { html } from '../../lib/html.js';

/** What was sent and answered, head and body. @param {{recorder: import('../../state/recorder.js').Recorder}} props */
export function RequestTab({ recorder }) {
  void recorder.slowVersion.value;
  return html`<div class="exchange">
    ${recorder.connections.map(
      (connection) => html`<${ConnectionView} key=${connection.number} connection=${connection} />`,
    )}
    <${Format} recorder=${recorder} />
  </div>`;
}

/** @param {{connection: import('../../state/recorder.js').Connection}} props */
function ConnectionView({ connection }) {
  const { number, method, url, at, after, status, openedAt, ended, text } = connection;
  const { pathname, search } = new URL(url, location.href);
  return html`<section class="connection" aria-label=${`Connection ${number}`}>
    <h3>Connection ${number}${after > 0 && html` <em>resumed after event ${after}</em>`}</h3>
    <p class="request-line">
      <code>${method} ${pathname}${search}</code> <span>after ${formatMs(at)}</span>
    </p>
    <${Headers} name="Request headers" headers=${Object.entries(connection.requestHeaders)} />
    ${
      connection.body &&
      html`<details>
        <summary>Request body</summary>
        <pre tabindex="0">${pretty(connection.body)}</pre>
      </details>`
    }
    ${
      status !== undefined &&
      html`<p class="request-line">
        <code>${status}</code> <span>after ${formatMs(openedAt ?? 0)}</span>
      </p>`
    }
    ${connection.headers && html`<${Headers} name="Response headers" headers=${connection.headers} isOpen />`}
    ${
      text !== undefined &&
      html`<details open>
        <summary>Response body</summary>
        <pre tabindex="0">${pretty(text)}</pre>
      </details>`
    }
    ${ended && html`<p class="hint warn">Ended: ${ended}</p>`}
  </section>`;
}

/** @param {{name: string, headers: readonly (readonly [string, string])[], isOpen?: boolean}} props */
function Headers({ name, headers, isOpen = false }) {
  return html`<details open=${isOpen}>
    <summary>${name}</summary>
    <dl class="headers">
      ${headers.map(
        ([header, value]) =>
          html`<div key=${header}>
            <dt>${header}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </details>`;
}

/** Which members the chunks have: clients of the old service read the first three. */
function Format(
  /** @type {{recorder: import('../../state/recorder.js').Recorder}} */ { recorder },
) {
  const kinds = [...recorder.statistics.kinds];
  if (kinds.length === 0) return null;
  const isRight = kinds.every(([, kind]) => kind.isRight);
  return html`<section class="format" aria-label="Format of the response">
    <h3>Format of the response</h3>
    <p class=${`hint ${isRight ? 'good' : 'bad'}`}>
      ${
        isRight
          ? 'Each chunk begins with content, done and model, as clients of the old service expect.'
          : 'Not every chunk begins with content, done and model.'
      }
    </p>
    <table>
      <thead>
        <tr>
          <th scope="col">chunk</th>
          <th scope="col">count</th>
          <th scope="col">members</th>
        </tr>
      </thead>
      <tbody>
        ${kinds.map(
          ([name, { count, members }]) =>
            html`<tr key=${name}>
              <td>${name}</td>
              <td>${count}</td>
              <td>${[...members].join(', ')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

/** @param {string} text */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
