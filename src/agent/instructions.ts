import type { AgentConfig } from '../config/agents-config.js';
import { fillPlaces } from '../config/agents-file/instruction-places.js';
import type { Run } from '../runs/run.js';

const METADATA = 'metadata.';

/**
 * An agent's instructions for a run: `{{date}}` is the day on which it was asked (UTC), `{{user}}` the
 * owner of the run, `{{metadata.KEY}}` what the request says under that key, or nothing.
 */
export function instructionsFor(
  { instructions }: Pick<AgentConfig, 'instructions'>,
  { owner, createdAt, metadata }: Pick<Run, 'owner' | 'createdAt' | 'metadata'>,
): string {
  return fillPlaces(instructions, (name) => {
    if (name === 'date') return new Date(createdAt).toISOString().slice(0, 10);
    if (name === 'user') return owner;
    const key = name.slice(METADATA.length);
    return Object.hasOwn(metadata, key) ? metadata[key]! : '';
  });
}
