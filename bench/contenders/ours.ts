import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textOfChunk } from '../peers/text-of.ts';
import { chatRequest } from './plain.ts';
import type { Contender, Place } from './contender.ts';

/** As many runs as the largest scenario has under way. The default is to protect a host, not to be fast. */
const MAX_ACTIVE_RUNS = '20000';

/** Our service as it is shipped: with its log on disk, nothing tuned. */
export function ours(root: string): Contender {
  return {
    id: 'ours',
    title: 'this service, with its log',
    script: join(root, 'dist/main.js'),
    packages: ['@nestjs/core', 'better-sqlite3', 'openai'],
    prepare: async ({ port, upstream, model, directory }: Place) => {
      const models = {
        providers: { bench: { base_url: upstream } },
        models: { [model]: { provider: 'bench' } },
      };
      const agents = { agents: { assistant: { instructions: 'You are a helpful assistant.' } } };
      // JSON is YAML.
      await writeFile(join(directory, 'models.yaml'), JSON.stringify(models));
      await writeFile(join(directory, 'agents.yaml'), JSON.stringify(agents));
      return {
        PORT: String(port),
        CONFIG_DIR: directory,
        DATA_DIR: join(directory, 'data'),
        LOG_LEVEL: 'warn',
        MAX_ACTIVE_RUNS,
        // A model server on this machine is not measured.
        LOCAL_PROBE_INTERVAL: '0',
      };
    },
    request: (message) => chatRequest(message),
    textOf: textOfChunk,
  };
}
