import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { joinedByInstruction } from './support/echo-rule.js';
import { openStream } from './support/http-client.js';
import { chunksOf, contentOf } from './support/native-chunks.js';
import { continuing } from './support/provider/continuing.js';
import { drop } from './support/provider/faults.js';
import type { ProviderRequest } from './support/provider/provider-request.js';
import type { Script } from './support/provider/script.js';
import { done, errorChunk, malformed } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

/** Answers in which it is hard to tell what was said before. */
const TRUTHS: [string, string, number | 'word'][] = [
  [
    'prose',
    'One line.\n\nAnother  line, with two spaces.\n- a point\n- another point \n\tEnd.',
    'word',
  ],
  [
    'words that repeat',
    'the the the the quick the quick the the quick fox the quick fox end',
    'word',
  ],
  ['letters that repeat', 'hahahahahahahahahahahahaha said he, hahahahahahahahahahaha', 3],
  ['Chinese', '我们试一试没有空格的文字，我们试一试没有空格的文字，再试一试。', 2],
  ['Japanese', 'スペースのない文章を続けます。スペースのない文章を、もう一度続けます。', 2],
  ['Thai', 'ข้อความภาษาไทยไม่มีช่องว่างข้อความภาษาไทยไม่มีช่องว่าง', 3],
  ['joined signs', 'e\u0301te\u0301 👩‍👩‍👧‍👦 and 👩‍👩‍👧‍👦 e\u0301te\u0301 🇪🇺🇪🇺 end', 2],
  ['code', 'if (a) {\n    return b;\n}\nif (a) {\n    return b;\n    return b;\n}\n', 'word'],
  ['JSON', '{"list": [1, 2, 2, 2], "text": "a \\"b\\" \\\\", "list2": [1, 2, 2, 2]}', 4],
  ['a table', '| a | b |\n| - | - |\n| 1 | 1 |\n| 1 | 1 |\n| 1 | 1 |\n', 4],
];

/** How much of its partial answer a model says again, in characters. */
const ECHOES = [0, 1, 2, 3, 5, 7, 8, 9, 12, 20, 30, 999];

/** Most are no outages: half of all calls are cut, and the circuit would open. */
const RATE: Script = errorChunk({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
const FAULTS: Script[] = [RATE, RATE, RATE, drop(), RATE, RATE, RATE, done()];

/** How many runs are under way at a time. */
const CROWD = 40;

interface Case {
  id: string;
  truth: string;
  model: 'instruct' | 'elsewhere' | 'prefix' | 'value';
  piece: number | 'word';
  /** After so many pieces. */
  cutAfter: number;
  echo: number;
  fault: Script;
}

describe('an answer whose provider is cut after each of its tokens', () => {
  let provider: ScriptedProvider;
  let spare: ScriptedProvider;
  let service: RunningService;
  const cases = new Map<string, Case & { calls: number; wentOn: () => void }>();

  beforeAll(async () => {
    [provider, spare] = await Promise.all([ScriptedProvider.start(), ScriptedProvider.start()]);
    const model = (more: object = {}) => ({ provider: 'main', ...more });
    service = await startService({
      modelsYaml: {
        providers: { main: { base_url: provider.baseUrl }, spare: { base_url: spare.baseUrl } },
        models: {
          instruct: model(),
          prefix: model({ continuation: 'prefix' }),
          value: model({ continuation: 'instruct' }),
          elsewhere: model({ fallbacks: ['spare'] }),
          spare: { provider: 'spare' },
        },
      },
    });
    provider.always((request: ProviderRequest) => scriptOf(request));
    spare.always((request: ProviderRequest) => scriptOf(request));
  });
  afterAll(async () => {
    await service.close();
    await Promise.all([provider.close(), spare.close()]);
  });

  function scriptOf(request: ProviderRequest): Script {
    const one = cases.get(request.body.messages.find(({ role }) => role === 'user')!.content)!;
    one.calls += 1;
    const { truth, piece, echo, fault, cutAfter } = one;
    if (one.calls > 1) {
      one.wentOn();
      return continuing(truth, { piece, echo });
    }
    return continuing(truth, { piece, fault: { after: cutAfter, script: fault } });
  }

  function piecesOf({ truth, piece }: Pick<Case, 'truth' | 'piece'>): string[] {
    if (piece === 'word') return truth.match(/\s*\S+|\s+$/g)!;
    const characters = [...truth];
    return Array.from({ length: Math.ceil(characters.length / piece) }, (_, index) =>
      characters.slice(index * piece, (index + 1) * piece).join(''),
    );
  }

  /** What readers are to have: the truth, but for echoes that the rule does not take for one. */
  function expectedOf(one: Case): string {
    const { truth, model, cutAfter, echo } = one;
    const partial = piecesOf(one).slice(0, cutAfter).join('');
    // Nothing but white space is no answer to go on with; a value is answered anew.
    if (model === 'value' || partial.trim() === '') return truth;
    const given = model === 'prefix' ? partial.trimEnd() : partial;
    const next = truth.slice(Math.max(0, given.length - echo));
    if (model !== 'prefix') return joinedByInstruction(partial, next);
    const stripped = partial.slice(given.length);
    return partial + (next.startsWith(stripped) ? next.slice(stripped.length) : next);
  }

  async function check(one: Case): Promise<void> {
    const went = Promise.withResolvers<void>();
    cases.set(one.id, { ...one, calls: 0, wentOn: went.resolve });
    const body = {
      messages: [{ role: 'user', content: one.id }],
      model: one.model,
      stream: true,
      ...(one.model === 'value' && { response_format: { type: 'json_object' } }),
    };
    const first = await openStream(`${service.url}/api/v1/chat`, { body });
    const stream = `${service.url}/api/v1/runs/${String(first.headers['x-run-id'])}/stream`;
    await went.promise;
    const atTheSeam = await openStream(stream, { method: 'GET' });
    expect([await first.ended, await atTheSeam.ended]).toEqual(['end', 'end']);

    const { events } = first;
    const chunks = chunksOf(events);
    const partial = piecesOf(one).slice(0, one.cutAfter).join('');
    expect([one, contentOf(events)]).toEqual([one, expectedOf(one)]);
    // Told truly, it is the truth, unless the truth itself says again what came right before the cut.
    const isRepetition =
      joinedByInstruction(partial, one.truth.slice(partial.length)) !== one.truth;
    if (one.echo === 0 && (one.model === 'prefix' || one.model === 'value' || !isRepetition)) {
      expect([one, contentOf(events)]).toEqual([one, one.truth]);
    }
    expect(chunks.filter((chunk) => chunk.done)).toHaveLength(1);
    expect(chunks.at(-1)).toMatchObject({ done: true, finish_reason: 'stop', attempts: 2 });
    const ids = events.map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));

    // Where the answer had begun, it is said right before what another call says.
    const switched = chunks.findIndex(({ type }) => type === 'provider_switched');
    const said = chunks.slice(0, Math.max(0, switched)).map(({ content }) => content);
    expect([one, switched >= 0]).toEqual([one, one.cutAfter > 0]);
    if (one.cutAfter > 0) expect([one, said.join('')]).toEqual([one, partial]);

    // Whoever comes at the seam or after it has the same, byte for byte.
    const at = Math.floor(events.length / 2);
    const before = events[at]!;
    const [whole, rest] = await Promise.all([
      openStream(stream, { method: 'GET' }),
      openStream(stream, { method: 'GET', headers: { 'last-event-id': String(before.id) } }),
    ]);
    await Promise.all([whole.ended, rest.ended]);
    const of = (list: typeof events) => list.map(({ id, data }) => [id, data]);
    expect(of(whole.events)).toEqual(of(events));
    expect(of(atTheSeam.events)).toEqual(of(events));
    expect(of(rest.events)).toEqual(of(events.slice(at + 1)));
    cases.delete(one.id);
  }

  async function checkAll(all: readonly Case[]): Promise<void> {
    const left = [...all];
    const next = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) await check(one);
    };
    await Promise.all(Array.from({ length: CROWD }, next));
  }

  it.each(TRUTHS)(
    '%s: is its truth, but for echoes too short to be told',
    async (name, truth, piece) => {
      const all: Case[] = [];
      const count = piecesOf({ truth, piece }).length;
      const add = (model: Case['model'], cutAfter: number, echo: number) => {
        // After nonsense the fallback comes first.
        const fault = model === 'elsewhere' ? malformed() : FAULTS[all.length % FAULTS.length]!;
        const id = `${name}, ${model}, after ${cutAfter}, echo ${echo}`;
        all.push({ id, truth, model, piece, cutAfter, echo, fault });
      };
      for (let cutAfter = 0; cutAfter < count; cutAfter += 1) {
        // A cut of some place meets some lengths, and each length many places.
        const echoes = ECHOES.filter((_, index) => index === 0 || index % 4 === cutAfter % 4);
        for (const echo of echoes) add('instruct', cutAfter, echo);
        add('elsewhere', cutAfter, echoes.at(-1)!);
        add('prefix', cutAfter, 0);
        if (name === 'JSON') add('value', cutAfter, 0);
      }
      expect(all.length).toBeGreaterThan(count * 4);
      await checkAll(all);
    },
    60_000,
  );
});
