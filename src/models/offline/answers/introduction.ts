import type { Task } from '../tool-calls/tool-arguments.js';
import { escapeMarkdown, shorten } from './markdown.js';

/** What the assistant is, which it never leaves in doubt. */
export const WHO = '**I am the built-in offline assistant, not a language model.**';

const ABILITIES = [
  '- Ask about this service, as in "How do I resume a stream?" or "Where is my data kept?".',
  '- Where an agent has tools, ask for a calculation, for the time, or for any tool by its name: I ' +
    'call it as a model would, and compute nothing by myself.',
  '- Send `/help`: its commands make me slow, silent or faulty, so that you can see how the service ' +
    'copes with that.',
].join('\n');

const CONNECTING = [
  'To have real answers, connect a model:',
  '1. Set `OPENAI_API_KEY` in the environment or in the file `.env`.\n' +
    '2. Restart the service.\n' +
    '3. Ask again.',
  'A model on your own machine needs no key: start Ollama, LM Studio or llama.cpp, and the service ' +
    'finds it by itself. [Models](/docs/models.md) names the other providers. `GET /api/v1/models` ' +
    'lists the models that you can ask for, and says of each one that is not available what is ' +
    'missing.',
].join('\n\n');

/** What the assistant says of itself. */
export function introduction(): string {
  const able = 'I answer questions about this service, and quote its documents. What you can do:';
  return [`${WHO} ${able}`, ABILITIES, CONNECTING].join('\n\n');
}

/** What it says where it has no answer. */
export function noAnswer(question: string, nearest: readonly string[]): string {
  const asked =
    question.trim() === '' ? [] : ['You asked:', `> ${escapeMarkdown(shorten(question))}`];
  const near =
    nearest.length === 0 ? [] : [`The nearest that I have found is in ${nearest.join(' and ')}.`];
  return [
    `${WHO} The documents of this service do not answer that, and I know nothing else.`,
    ...asked,
    ...near,
    'What I can do:',
    ABILITIES,
    CONNECTING,
  ].join('\n\n');
}

/** What it says where something takes a tool, and none is offered that can do it. */
export function noTool(task: Task): string {
  const what = task.purpose === 'arithmetic' ? `calculate \`${task.expression}\`` : 'tell the time';
  return (
    `${WHO} I do not ${what} by myself: that is what tools are for. I would ask for one here, as a ` +
    'model would, but none that can do it is offered to me.'
  );
}
