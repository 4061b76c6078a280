import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CuttingProxy } from './support/documents/cutting-proxy.js';
import { parseMarkdown, type CodeBlock } from './support/documents/markdown.js';
import { comparable, patternOf } from './support/documents/printed.js';
import { canRun, runExample } from './support/documents/run-example.js';
import { startService, type RunningService } from './support/service.js';
void [CuttingProxy, comparable, patternOf, canRun, readdirSync, expect];

const ROOT = join(import.meta.dirname, '..');
describe('x', () => {
  let service: RunningService;
  let proxy: CuttingProxy;
  beforeAll(async () => {
    service = await startService({ env: { CONFIG_DIR: join(ROOT, 'config') } });
    proxy = await CuttingProxy.start(service.url, { streams: 2, after: 5 });
  });
  afterAll(async () => { await proxy.close(); await service.close(); });
  const doc = parseMarkdown(readFileSync(join(ROOT, 'docs/streaming.md'), 'utf8'));
  const clients = doc.blocks.filter((b: CodeBlock) => b.mark === 'run' && b.language !== 'bash');
  it.each(clients)('$language $line', async (b) => {
    proxy.cut = 0;
    const r = await runExample(b, { url: proxy.url });
    console.log(proxy.cut, r);
  });
});
