import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AGENT_DEFAULTS } from '../../config/agents-config.js';
import type { ToolContext } from '../tool.js';
import { DocumentTools } from './documents.js';

describe('the tools for documents', () => {
  let root: string;
  let context: ToolContext;
  let tools: DocumentTools;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'agno-documents-'));
    await mkdir(join(root, 'library/guides'), { recursive: true });
    await writeFile(join(root, 'secret.md'), '# Secret\n\nThe password is swordfish.');
    await writeFile(
      join(root, 'library/roses.md'),
      '# Roses\n\n## Watering\n\nWater roses in the morning, twice a week.\n\n## Pruning\n\nPrune them in spring.',
    );
    await writeFile(join(root, 'library/guides/tools.md'), '# Tools\n\nA spade is for digging.');
    await symlink(join(root, 'secret.md'), join(root, 'library/link.md'));
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A', documents: join(root, 'library') };
    context = { agent } as unknown as ToolContext;
    tools = new DocumentTools();
  });
  afterEach(async () => {
    jest.useRealTimers();
    await rm(root, { recursive: true });
  });

  it('find passages, and say where they stand', async () => {
    const found = await tools.searchDocuments({ query: 'When do I water roses?' }, context);
    expect(found.split('\n').slice(0, 2)).toEqual([
      '[roses.md#watering] Roses > Watering',
      'Water roses in the morning, twice a week.',
    ]);
    const one = await tools.searchDocuments({ query: 'spade digging', limit: 1 }, context);
    expect(one).toBe('[guides/tools.md#tools] Tools\nA spade is for digging.');
    expect(await tools.searchDocuments({ query: 'swordfish' }, context)).toBe(
      'No passage has any of these words.',
    );
  });

  it.each(['roses.md', './roses.md', '/roses.md', 'roses.md#watering'])('read %s', async (path) => {
    expect(await tools.readDocument({ path }, context)).toContain('Prune them in spring.');
  });

  it.each(['../secret.md', 'link.md', '/etc/passwd', 'guides/../../secret.md', 'none.md', ''])(
    'read nothing outside: %s',
    async (path) => {
      await expect(tools.readDocument({ path }, context)).rejects.toThrow(
        'There are: guides/tools.md, roses.md.',
      );
    },
  );

  it('find what was changed meanwhile', async () => {
    await tools.searchDocuments({ query: 'roses' }, context);
    const path = join(root, 'library/roses.md');
    await writeFile(path, '# Tulips\n\nTulips bloom in May.');
    await utimes(path, new Date(), new Date(Date.now() + 5_000));
    jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    expect(await tools.searchDocuments({ query: 'tulips' }, context)).toContain('bloom in May');
    jest.restoreAllMocks();
  });

  it('look into the documentation of the service where there is no folder', async () => {
    const agent = { ...AGENT_DEFAULTS, id: 'a', name: 'A' };
    const without = { agent } as unknown as ToolContext;
    const found = await tools.searchDocuments({ query: 'How do I resume a stream?' }, without);
    expect(found).toContain('[streaming.md#resuming]');
  });
});
