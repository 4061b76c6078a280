import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request, openStream } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { splitBytes } from './support/provider/faults.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

const TEXTS: [string, string][] = [
  ['newlines of every kind', 'a\nb\r\nc\rd\u0085e\u2028f\u2029g\n\n\n'],
  [
    'lines that look like the protocol',
    'data: {"done":true}\n\nevent: error\nid: 9\n: hb\nretry: 1\n',
  ],
  ['NUL and other controls', '\u0000\u0001\u001f\u007f\u009f'],
  ['emoji, joined and flagged', '😀 👩‍👩‍👧‍👦 🏳️‍🌈 🇪🇺 👍🏽'],
  ['combining marks', 'e\u0301 \u1100\u1161\u11a8 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L'],
  ['right-to-left text with marks', 'שלום \u202eabc\u202c مرحبا \u200f!'],
  ['lone surrogates', 'a\ud800b\udc00c'],
  ['JSON, quotes and backslashes', '{"a":"\\u0041\\\\\\"","b":[\'`]}</script>'],
  ['a byte-order mark', '\ufeffa'],
  ['white space alone', ' \t  \u00a0\u3000'],
];

describe('text', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider });
    chat = `${service.url}/api/v1/chat`;
    // Says what it is told, one UTF-16 unit a chunk: surrogate pairs come in two halves.
    provider.always((asked) => [
      splitBytes(7),
      role(),
      text(...asked.body.messages.at(-1)!.content.split('')),
      finish(),
      usage(),
      done(),
    ]);
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  it.each(TEXTS)('with %s goes to the provider and comes back unchanged', async (_, said) => {
    const streamed = await openStream(chat, { body: { message: said, stream: true } });
    expect(await streamed.ended).toBe('end');
    expect(contentOf(streamed.events)).toBe(said);
    expect(streamed.bytes.every((byte) => byte < 0x80)).toBe(true);
    expect(provider.requests.at(-1)!.body.messages.at(-1)!.content).toBe(said);

    const document = await request(chat, { body: { message: said } });
    expect(document.json()).toMatchObject({ message: { content: said } });

    const runId = String(streamed.headers['x-run-id']);
    const replay = await openStream(`${service.url}/api/v1/runs/${runId}/stream`);
    await replay.ended;
    expect(replay.text).toBe(streamed.text);
  });
});
