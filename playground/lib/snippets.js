/**
 * A request as programs make it.
 *
 * @typedef {object} ShownRequest
 * @property {string} origin
 * @property {object | undefined} body of `POST /api/v1/chat`
 * @property {string | undefined} runId of a run that was followed instead
 * @property {boolean} streams
 */

/** A text within single quotes of a POSIX shell. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @param {ShownRequest} request */
export function curl({ origin, body, runId, streams }) {
  if (body === undefined) return `curl -sN ${quoted(`${origin}/api/v1/runs/${runId}/stream`)}`;
  const data = JSON.stringify({ ...body, ...(streams && { stream: true }) });
  return [
    `curl -s${streams ? 'N' : ''} ${quoted(`${origin}/api/v1/chat`)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  --data-binary @- <<'JSON'`,
    data,
    'JSON',
  ].join('\n');
}

/** @param {ShownRequest} request */
export function fetchCode({ origin, body, runId, streams }) {
  const address = body === undefined ? `/api/v1/runs/${runId}/stream` : '/api/v1/chat';
  const asked = body && JSON.stringify({ ...body, ...(streams && { stream: true }) }, null, 2);
  const init = asked
    ? `, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(${indented(asked)}),
}`
    : '';
  const open = `const response = await fetch(${JSON.stringify(origin + address)}${init});
if (!response.ok) throw new Error(await response.text());
`;
  if (!streams && body !== undefined) {
    return `${open}const answer = await response.json();
// 202: the run waits, as for an approval, or goes on in the background.
if (response.status === 202) console.log('Not answered yet:', answer.run_id, answer.state);
else console.log(answer.message.content);
`;
  }
  return `${open}let rest = '';
let isOver = false;
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith('data: ')) continue;
    const chunk = JSON.parse(line.slice('data: '.length));
    console.log(chunk.content);
    isOver = chunk.done;
  }
}
// An end without a last chunk is a cut: go on at /api/v1/runs/{id}/stream, with Last-Event-ID.
if (!isOver) throw new Error('The stream was cut');
`;
}

/** @param {ShownRequest} request */
export function clientCode({ origin, body, runId, streams }) {
  const head = `import { AgnoClient } from 'agno-api-client';

const client = new AgnoClient({ baseUrl: ${JSON.stringify(origin)} });
`;
  if (body === undefined) {
    return `${head}for await (const piece of client.resume(${JSON.stringify(runId)}).textStream()) {
  console.log(piece);
}
`;
  }
  const asked = indented(JSON.stringify(body, null, 2), '');
  if (!streams) {
    return `${head}const answer = await client.chat(${asked});
if ('message' in answer) console.log(answer.message.content);
else console.log('Not answered yet:', answer.run_id, answer.state);
`;
  }
  return `${head}const answer = client.stream(${asked});
for await (const piece of answer.textStream()) console.log(piece);
console.log(answer.last.usage);
`;
}

/** @param {string} json @param {string} [by] */
function indented(json, by = '  ') {
  return json.replaceAll('\n', `\n${by}`);
}
