import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { KillableService } from './support/killable-service.js';
import { chunksOf } from './support/native-chunks.js';
import type { OpenStream, ReceivedEvent } from './support/open-stream.js';
import { stall } from './support/provider/faults.js';
import { answer, toolCalls } from './support/provider/steps.js';

const MCP_SERVER = join(import.meta.dirname, '../src/tools/mcp/testing/scripted-server.ts');
const UNKNOWN = 'This call was interrupted; it may or may not have run.';

/** A page that somebody asks for, and that the test answers when it likes. */
class Page {
  readonly #server: Server;
  readonly #waiting: ServerResponse[] = [];
  #arrived = Promise.withResolvers<void>();
  asked = 0;

  constructor() {
    this.#server = createServer((_, response) => {
      this.asked += 1;
      this.#waiting.push(response);
      this.#arrived.resolve();
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once it is asked for. */
  async arrival(): Promise<void> {
    await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
  }

  answer(text: string): void {
    for (const response of this.#waiting.splice(0)) response.end(text);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describe('an agent whose process is killed', () => {
  let page: Page;
  let host: string;
  let service: KillableService;

  beforeEach(async () => {
    page = new Page();
    host = await page.start();
    const agent = {
      instructions: 'You are a test assistant.',
      tools: ['http_fetch'],
      fetch_hosts: [host],
      mcp: { s: { command: process.execPath, args: [MCP_SERVER] } },
    };
    service = await KillableService.start(() => ({
      agentsYaml: {
        agents: {
          assistant: agent,
          careful: { ...agent, approval: { required: ['http_fetch'] } },
        },
      },
    }));
  });
  afterEach(async () => {
    page.close();
    await service.close();
  });

  const fetch = (id = 'c1') => ({
    id,
    name: 'http_fetch',
    arguments: { url: `http://${host}/` },
  });
  const ask = (agent = 'assistant'): Promise<OpenStream> =>
    openStream(`${service.url}/api/v1/chat`, { body: { message: 'Hi', agent, stream: true } });
  const until = async (reading: OpenStream, type: string): Promise<void> => {
    await reading.until(() => reading.events.some(({ data }) => data.includes(`"type":"${type}"`)));
  };
  const rest = (reading: OpenStream): Promise<readonly ReceivedEvent[]> =>
    service.rest({ id: reading.headers['x-run-id'] as string, reader: reading });
  const resultsIn = (events: readonly ReceivedEvent[]) =>
    chunksOf(events).flatMap(({ tool_result: result }) =>
      result === undefined ? [] : [result as { content: string; is_error: boolean }],
    );
  const toldLast = () => service.lastRequest.body.messages.at(-1);
  const decide = (runId: string, decision: string) =>
    request(`${service.url}/api/v1/runs/${runId}/approvals`, {
      body: { approvals: [{ id: 'c1', decision }] },
    });

  it('in the middle of a tool call makes it again where that does no harm', async () => {
    service.provider.reply(toolCalls(fetch()));
    const reading = await ask();
    await until(reading, 'tool_call');
    await page.arrival();
    service.provider.reply(answer('Read.'));
    const restarted = service.restart();
    await restarted;
    await page.arrival();
    page.answer('The page.');
    const resumed = await rest(reading);
    expect(page.asked).toBe(2);
    expect(resultsIn(resumed)).toEqual([
      expect.objectContaining({ content: expect.stringContaining('The page.'), is_error: false }),
    ]);
    expect(chunksOf(resumed).at(-1)).toMatchObject({ finish_reason: 'stop', attempts: 2 });
    expect(toldLast()).toMatchObject({
      role: 'tool',
      tool_call_id: 'c1',
      content: expect.stringContaining('The page.'),
    });
  });

  it('in the middle of any other tool call says that nobody knows whether it ran', async () => {
    service.provider.reply(toolCalls({ id: 'c1', name: 's__hang', arguments: {} }));
    const reading = await ask();
    await until(reading, 'tool_call');
    // The call has arrived once its beginning is in the log of the run.
    const isStarted = () =>
      service.database((db) =>
        db.prepare(`SELECT 1 FROM run_journal WHERE body LIKE '%tool_started%'`).get(),
      ) !== undefined;
    while (!isStarted()) await new Promise((resolve) => setImmediate(resolve));
    service.provider.reply(answer('I do not know.'));
    await service.restart();
    const resumed = await rest(reading);
    expect(resultsIn(resumed)).toEqual([
      { id: 'c1', name: 's__hang', content: UNKNOWN, is_error: true },
    ]);
    expect(toldLast()).toEqual({ role: 'tool', tool_call_id: 'c1', content: UNKNOWN });
    expect(chunksOf(resumed).at(-1)).toMatchObject({ finish_reason: 'stop' });
  });

  it('while it waits for approval waits on, and goes on as was decided', async () => {
    service.provider.reply(toolCalls(fetch()));
    const reading = await ask('careful');
    await until(reading, 'approval_required');
    const runId = reading.headers['x-run-id'] as string;
    await service.restart();
    await service.restart();
    const run = await service.get(`/runs/${runId}`);
    expect(run.json()).toMatchObject({ state: 'waiting', approvals: [{ id: 'c1' }] });
    expect(page.asked).toBe(0);
    service.provider.reply(answer('Read.'));
    expect((await decide(runId, 'approve')).status).toBe(200);
    await page.arrival();
    expect((await decide(runId, 'approve')).json()).toMatchObject({ code: 'approval_decided' });
    page.answer('The page.');
    const resumed = await rest(reading);
    expect(chunksOf(resumed).filter(({ type }) => type === 'approval_required')).toEqual([]);
    expect(resultsIn(resumed)).toHaveLength(1);
    expect(chunksOf(resumed).at(-1)).toMatchObject({ finish_reason: 'stop' });
  });

  it('does not forget what was decided', async () => {
    service.provider.reply(toolCalls(fetch()));
    const reading = await ask('careful');
    await until(reading, 'approval_required');
    const runId = reading.headers['x-run-id'] as string;
    await decide(runId, 'approve');
    await page.arrival();
    service.provider.reply(answer('Read.'));
    await service.restart();
    await page.arrival();
    page.answer('The page.');
    const resumed = await rest(reading);
    expect(chunksOf(resumed).at(-1)).toMatchObject({ finish_reason: 'stop' });
    expect(page.asked).toBe(2);
  });

  it('between two turns makes no tool call again', async () => {
    const second = service.provider.gate();
    service.provider.reply(toolCalls(fetch())).reply([second, stall()]);
    const reading = await ask();
    await page.arrival();
    page.answer('The page.');
    await until(reading, 'tool_result');
    await second.reached;
    service.provider.reply(answer('Read.'));
    await service.restart();
    const resumed = await rest(reading);
    expect(page.asked).toBe(1);
    expect(resultsIn(resumed)).toEqual([]);
    expect(toldLast()).toMatchObject({ role: 'tool', tool_call_id: 'c1' });
    expect(chunksOf(resumed).at(-1)).toMatchObject({ finish_reason: 'stop' });
    const session = reading.headers['x-session-id'] as string;
    const { data } = (await service.get(`/sessions/${session}/messages`)).json<{
      data: { role: string }[];
    }>();
    expect(data.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  it('is left to its next owner at once where it waits and is told to stop', async () => {
    service.provider.reply(toolCalls(fetch()));
    const accepted = await service.chat({ message: 'Hi', agent: 'careful' });
    expect(accepted.status).toBe(202);
    const { run_id: runId } = accepted.json<{ run_id: string }>();
    service.provider.reply(answer('Not read.'));
    await service.stopAndStart();
    await decide(runId, 'reject');
    const events = await service.whole(runId);
    expect(chunksOf(events).at(-1)).toMatchObject({ finish_reason: 'stop' });
  });
});

describe('an MCP server that crashes', () => {
  it('in the middle of a call is started again for the next one', async () => {
    const service = await KillableService.start(() => ({
      agentsYaml: {
        agents: {
          assistant: {
            instructions: 'x',
            mcp: { s: { command: process.execPath, args: [MCP_SERVER] } },
          },
        },
      },
    }));
    try {
      service.provider
        .reply(toolCalls({ id: 'c1', name: 's__crash', arguments: {} }))
        .reply(toolCalls({ id: 'c2', name: 's__echo', arguments: { text: 'back' } }))
        .reply(answer('Done.'));
      const answered = await service.chat({ message: 'Hi' });
      expect(answered.json()).toMatchObject({ message: { content: 'Done.' }, attempts: 3 });
      const { run_id: runId } = answered.json<{ run_id: string }>();
      const chunks = chunksOf(await service.whole(runId));
      expect(
        chunks.flatMap(({ tool_result: result }) => (result === undefined ? [] : [result])),
      ).toEqual([
        expect.objectContaining({
          id: 'c1',
          is_error: true,
          content: expect.stringContaining('may or may not'),
        }),
        { id: 'c2', name: 's__echo', content: 'back', is_error: false },
      ]);
      const ready = await request(`${service.url}/health/ready`);
      expect(ready.json()).toMatchObject({
        details: { mcp: { servers: { s: { state: 'running' } } } },
      });
    } finally {
      await service.close();
    }
  });
});
