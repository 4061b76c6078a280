import { respond } from './faults.js';
import type { Step } from './script.js';

/** OpenAI's answer to `GET …/models`. */
export function modelList(ids: readonly string[]): Step {
  const data = ids.map((id) => ({
    id,
    object: 'model',
    created: 1_750_000_000,
    owned_by: 'scripted',
  }));
  return respond(200, JSON.stringify({ object: 'list', data }), {
    'content-type': 'application/json',
  });
}
