import type { AgentConfig } from '../config/agents-config.js';
import { fillPlaces } from '../config/agents-file/instruction-places.js';
import type { Run } from '../runs/run.js';

const METADATA = 'metadata.';

/**
 * What the model is told before the conversation: the agent's instructions, then those of the request,
 * which are taken as they are. Undefined where there are none.
 */
export function instructionsFor(
  agent: Pick<AgentConfig, 'instructions'> | undefined,
  run: Pick<Run, 'owner' | 'createdAt' | 'metadata' | 'request'>,
): string | undefined {
  const told = [agent && agentInstructions(agent, run), run.request.instructions];
  const instructions = told.filter((text) => text !== undefined);
  return instructions.length === 0 ? undefined : instructions.join('\n\n');
}

/**
 * An agent's instructions for a run: `{{date}}` is the day on which it was asked (UTC), `{{user}}` the
 * owner of the run, `{{metadata.KEY}}` what the request says under that key, or nothing.
 */
function agentInstructions(
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
