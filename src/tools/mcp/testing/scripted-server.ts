/**
 * An MCP server over stdio for the specs, written without any SDK so that it can do what no SDK
 * lets a server do: `node scripted-server.ts [silent|garbage|exits|stubborn|pages|modern] [file]`. It
 * appends its process id to the file at each start.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { env } from 'node:process';
import { createInterface } from 'node:readline';

interface Message {
  id?: number | string;
  method?: string;
  params?: { name?: string; cursor?: string; arguments?: Record<string, unknown>; _meta?: object };
  result?: unknown;
  error?: { code: number };
}

const [mode, file] = process.argv.slice(2);
if (file !== undefined) appendFileSync(file, `${process.pid}\n`);
if (mode === 'exits') process.exit(3);
if (mode === 'stubborn') {
  process.on('SIGTERM', () => process.stderr.write('told to end\n'));
  setInterval(() => {}, 1000);
}

const send = (message: object): void => {
  if (mode === 'garbage') process.stdout.write('Welcome!\n{"jsonrpc":"2.0"}\n\n\xff[1,2\n');
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
};

const tool = (name: string, more: object = {}) => ({
  name,
  inputSchema: { type: 'object' },
  ...more,
});
const tools: object[] = [
  tool('echo', { annotations: { readOnlyHint: true }, description: ' Says it again. ' }),
  ...['meta', 'crash', 'hang', 'huge', 'content', 'structured', 'refuse', 'nonsense'].map((name) =>
    tool(name),
  ),
  ...['ask', 'grow', 'family', 'progress', 'environment'].map((name) => tool(name)),
];

const PAGES: Record<string, object> = {
  '': {
    tools: [tool('one', { description: 'x'.repeat(5000) }), { name: 7 }, tool('one')],
    nextCursor: 'b',
  },
  b: {
    tools: [
      tool('untyped', { inputSchema: { properties: {} } }),
      tool('listed', { inputSchema: [] }),
      tool('texts', { inputSchema: { type: 'string' } }),
      tool('large', { inputSchema: { type: 'object', description: 'x'.repeat(70_000) } }),
      tool('task', { execution: { taskSupport: 'required' } }),
      tool('hinted', { annotations: { idempotentHint: true, destructiveHint: true } }),
    ],
    nextCursor: 'c',
  },
  c: { tools: [tool('last')], nextCursor: 'b' },
};

/** What each result has since 2026-07-28, and nobody minds before. */
const COMPLETE =
  mode === 'modern' ? { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } : {};

/** Answers of the client to what it was asked, by the ids of the questions. */
const asked = new Map<string, (code: number | undefined) => void>();

const text = (value: unknown) => ({ content: [{ type: 'text', text: value }] });

async function call({ id, params }: Message): Promise<object | undefined> {
  const args = params?.arguments ?? {};
  switch (params?.name) {
    case 'echo':
      return text(args['text']);
    case 'meta':
      return text(JSON.stringify(params._meta));
    case 'environment':
      return text(JSON.stringify(env));
    case 'crash':
      return process.exit(7);
    case 'hang':
      process.stderr.write(`hanging in ${id}\n`);
      return undefined;
    case 'huge':
      return text('x'.repeat(Number(args['bytes'])));
    case 'structured':
      return { content: [], structuredContent: { temperature: 21 } };
    case 'nonsense':
      return { content: 'no list' };
    case 'content':
      return {
        content: [
          { type: 'text', text: 'a picture:' },
          { type: 'image', mimeType: 'image/png', data: Buffer.alloc(1234).toString('base64') },
          { type: 'audio', mimeType: 'audio/wav', data: 'AAAA' },
          { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
          { type: 'resource', resource: { uri: 'file:///b', mimeType: 'x/y', blob: 'AAAA' } },
          { type: 'resource_link', uri: 'file:///c', name: 'c' },
        ],
        isError: true,
      };
    case 'progress':
      for (const progress of [1, 2]) {
        const { progressToken } = params._meta as { progressToken?: unknown };
        const told = { progressToken, progress, total: 2, message: `step ${progress}` };
        send({ method: 'notifications/progress', params: told });
      }
      return text('done');
    case 'family': {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      return text(String(child.pid));
    }
    case 'grow':
      tools.push(tool(String(args['name'])));
      send({ method: 'notifications/tools/list_changed' });
      return text('grown');
    case 'ask': {
      const methods = ['sampling/createMessage', 'elicitation/create', 'roots/list'];
      const codes = methods.map((method) => {
        send({ id: method, method, params: {} });
        return new Promise((resolve) => asked.set(method, resolve));
      });
      return text(JSON.stringify(await Promise.all(codes)));
    }
    default:
      return undefined;
  }
}

async function answer(message: Message): Promise<void> {
  const { id, method, params } = message;
  if (method === undefined) return asked.get(String(id))?.(message.error?.code);
  if (method === 'notifications/cancelled')
    process.stderr.write(`cancelled ${JSON.stringify(params)}\n`);
  if (id === undefined) return;
  if (mode === 'modern' && method === 'initialize') {
    return send({ id, error: { code: -32601, message: 'Method not found' } });
  }
  if (method === 'server/discover') {
    const capabilities = { tools: {} };
    return send({ id, result: { ...COMPLETE, supportedVersions: ['2026-07-28'], capabilities } });
  }
  if (method === 'initialize') {
    const capabilities = { tools: { listChanged: true } };
    const serverInfo = { name: 'scripted', version: '1' };
    return send({ id, result: { protocolVersion: '2025-06-18', capabilities, serverInfo } });
  }
  if (method === 'tools/list') {
    const result = mode === 'pages' ? PAGES[params?.cursor ?? ''] : { tools };
    return send({ id, result: { ...COMPLETE, ...result } });
  }
  if (params?.name === 'refuse') {
    return send({ id, error: { code: -32602, message: 'Give it a "text".' } });
  }
  const result = await call(message);
  if (result !== undefined) send({ id, result: { ...COMPLETE, ...result } });
}

if (mode === 'silent') process.stdin.resume();
else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    void answer(JSON.parse(line) as Message);
  });
}
