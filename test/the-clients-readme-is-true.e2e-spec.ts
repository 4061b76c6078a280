import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { deadLinks, readMarkdown } from './support/documents/markdown-files.js';
import { comparable, patternOf } from './support/documents/printed.js';
import { runExample } from './support/documents/run-example.js';
import { startService, type RunningService } from './support/service.js';

const readme = readMarkdown('client/README.md');
const { blocks } = readme;
const examples = blocks
  .map((block, index) => ({ ...block, printed: blocks[index + 1]! }))
  .filter(({ mark }) => mark === 'run');

let service: RunningService;
beforeAll(async () => {
  service = await startService({ env: { MODEL_NAME: 'offline/assistant' } });
});
afterAll(() => service.close());

it.each(examples)('the example in line $line prints what it says', async (example) => {
  const { language, code } = example.printed;
  const { output, ...result } = await runExample(example, { url: service.url });
  expect(result).toEqual({ code: 0, errors: '' });
  expect(comparable(output, language)).toMatch(patternOf(code, language));
});

it('has no dead link', () => {
  expect(deadLinks(readme)).toEqual([]);
});
