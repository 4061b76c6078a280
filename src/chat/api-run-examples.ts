import type { RunDocument } from '../wire/native/run-document.js';

const completed: RunDocument = {
  run_id: '0198c2a4-7d3e-7c55-9f0a-2b1f6c1d9e21',
  session_id: '0198c2a4-7d3f-7001-8a52-6a1d1f3b0c44',
  state: 'completed',
  model: 'gpt-4o-mini',
  agent: 'assistant',
  text: 'Hello',
  usage: { input_tokens: 23, output_tokens: 2, total_tokens: 25 },
  finish_reason: 'stop',
  error: null,
  metadata: { ticket: '4711' },
  created_at: '2026-11-22T19:32:49.504Z',
  finished_at: '2026-11-22T19:32:50.111Z',
};

const running: RunDocument = {
  ...completed,
  run_id: '0198c2a5-02b6-7a31-8d0e-5c7be2f41b07',
  state: 'running',
  text: 'Hel',
  usage: null,
  finish_reason: null,
  created_at: '2026-11-22T19:33:23.702Z',
  finished_at: null,
};

const waiting: RunDocument = {
  ...running,
  state: 'waiting',
  approvals: [{ id: 'call_1', name: 'send_mail', arguments: { to: 'jo@example.org' } }],
};

const cancelled: RunDocument = {
  ...running,
  state: 'cancelled',
  usage: { input_tokens: 23, output_tokens: 1, total_tokens: 24, estimated: true },
  finish_reason: 'cancelled',
  finished_at: '2026-11-22T19:33:24.030Z',
};

/** Runs that have ended, in different ways. */
export const RUN_EXAMPLES_OVER = {
  cancelled: { summary: 'Cancelled: the text so far is kept', value: cancelled },
  completed: { summary: 'Over before it could be cancelled', value: completed },
};

/** A run, while it goes on and after. */
export const RUN_EXAMPLES = {
  running: { summary: 'Under way', value: running },
  waiting: { summary: 'Waiting for a decision', value: waiting },
  completed: { summary: 'Over', value: completed },
};

/** The first page of a list. */
export const RUN_LIST_EXAMPLE = {
  data: [running, completed],
  next_cursor: 'AZjCpH0-fFWfCisfbB2eIQ',
};
