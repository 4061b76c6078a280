import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProviderCircuit } from '../circuit/provider-circuit.js';
import { NodeTransport } from './node-transport.js';
import { OpenAiProvider } from './openai-provider.js';
import {
  collect,
  modelConfig,
  providerConfig,
  summarise,
  type Summary,
} from './testing/answers.js';
import { listen } from './testing/local-server.js';

/**
 * Streams of real providers, one payload a line. They are no part of the project: they are looked
 * for in RECORDINGS_DIR, or beside the repository.
 */
const FOLDER =
  // eslint-disable-next-line no-restricted-properties -- a setting of this spec, not of the service
  process.env['RECORDINGS_DIR'] ??
  join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'recordings');
const recordings = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl'))
  : [];

interface RecordedChunk {
  choices?: {
    delta?: {
      content?: string | { type: string; text?: string }[] | null;
      reasoning_content?: string | null;
      tool_calls?: {
        index: number;
        id?: string;
        function?: { name?: string; arguments?: string };
      }[];
    };
    finish_reason?: string | null;
  }[];
  usage?: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | null;
}

/** What a recording holds, read as its own words say and without our decoder. */
function held(payloads: readonly string[]): Summary {
  const summary: Summary = {
    text: '',
    reasoning: '',
    toolCalls: [],
    finish: undefined,
    usage: undefined,
  };
  for (const payload of payloads) {
    const { choices = [], usage } = JSON.parse(payload) as RecordedChunk;
    const { delta = {}, finish_reason: finish } = choices[0] ?? {};
    const { content } = delta;
    summary.text += Array.isArray(content)
      ? content.map(({ text }) => text ?? '').join('')
      : (content ?? '');
    summary.reasoning += delta.reasoning_content ?? '';
    for (const { index, id, function: fn } of delta.tool_calls ?? []) {
      const call = (summary.toolCalls[index] ??= { id, name: fn?.name, arguments: '' });
      call.arguments += fn?.arguments ?? '';
    }
    summary.finish = finish ?? summary.finish;
    if (usage) {
      const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = usage;
      summary.usage = { input, output, total };
    }
  }
  return summary;
}

/** Bytes in pieces of these sizes, over and over. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer, void> {
  for (let at = 0, piece = 0; at < bytes.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

/** The answer of a server that sends `bytes` in these pieces. */
async function replayed(bytes: Buffer, sizes: readonly number[]): Promise<Summary> {
  const server = await listen((request, response) => {
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (const piece of cut(bytes, sizes)) response.write(piece);
    response.end();
  });
  const transport = new NodeTransport();
  try {
    const config = providerConfig({ baseUrl: server.url });
    const circuit = new ProviderCircuit('Recorded');
    const provider = new OpenAiProvider(config, transport.fetchWithin(10_000), circuit);
    const call = { messages: [], signal: new AbortController().signal };
    return summarise(await collect(provider.stream(modelConfig(), call)));
  } finally {
    transport.close();
    await server.close();
  }
}

if (recordings.length === 0) {
  describe('recordings of real providers', () => {
    it.skip(`SKIPPED: there are no recordings in ${FOLDER}; set RECORDINGS_DIR`, () => undefined);
  });
  process.stderr.write(
    `\n*** NOT TESTED: there are no recordings of real providers in ${FOLDER}.\n` +
      '*** Set RECORDINGS_DIR to the folder that holds them.\n\n',
  );
} else {
  describe.each(recordings)('the recording %s', (file) => {
    const payloads = readFileSync(join(FOLDER, file), 'utf8').split('\n').filter(Boolean);
    const expected = held(payloads);

    it('holds an answer', () => {
      expect(expected.text + expected.toolCalls.map((call) => call.arguments).join('')).not.toBe(
        '',
      );
      expect(expected.finish).toBeDefined();
    });

    it('gives what it holds, however its bytes are cut', async () => {
      const end = fc.constantFrom('\n\n', '\r\n\r\n');
      const sizes = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(end, sizes, fc.boolean(), async (lines, pieces, withDone) => {
          const all = withDone ? [...payloads, '[DONE]'] : payloads;
          const stream = all.map((payload) => `data: ${payload}${lines}`).join('');
          expect(await replayed(Buffer.from(stream), pieces)).toEqual(expected);
        }),
        { numRuns: 10, seed: 20261122 },
      );
    });
  });
}
