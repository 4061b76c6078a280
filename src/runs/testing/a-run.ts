import { newId } from '../../http/id.js';
import type { Run } from '../run.js';

/** A run that has just been admitted, with what a test wants to be otherwise. */
export function aRun(fields: Partial<Run> = {}): Run {
  return {
    id: newId(),
    owner: 'local',
    sessionId: null,
    model: 'gpt-4o-mini',
    agent: 'assistant',
    state: 'running',
    epoch: 1,
    takeovers: 0,
    request: {
      messages: [{ role: 'user', content: 'Hello \u0000 \ud800' }],
      include: ['reasoning'],
      onDisconnect: 'continue',
    },
    metadata: { ticket: '4711' },
    createdAt: Date.now(),
    finishedAt: null,
    ...fields,
  };
}
