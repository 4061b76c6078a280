import type { ChatMessage } from './chat-request.js';
import { InvalidRequest } from './error-response.js';

/** Most characters of a question that are quoted. */
const QUOTE_LENGTH = 120;

/**
 * What the assistant says: what it is, what it was asked, and how to connect a model. Markdown.
 *
 * A partial answer as the last message is continued: the result is the rest of that answer. That
 * makes an answer of a killed process whole again. Throws `InvalidRequest` where the partial answer
 * is not its own.
 */
export function replyTo(messages: readonly ChatMessage[]): string {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return compose(messages);
  const whole = compose(messages.slice(0, -1));
  if (whole.startsWith(last.text)) return whole.slice(last.text.length);
  throw new InvalidRequest('The offline assistant can only continue an answer of its own.', {
    param: 'messages',
  });
}

function compose(messages: readonly ChatMessage[]): string {
  const question = messages.findLast(({ role }) => role === 'user')?.text ?? '';
  const paragraphs = [
    '**I am the built-in offline assistant, not a language model.** I always say this text, so ' +
      'that you can try the service before you have connected a model.',
    ...quote(question),
    'I cannot answer that, but a model can. To connect one:',
    '1. Set `OPENAI_API_KEY` in the environment or in the file `.env`.\n' +
      '2. Restart the service.\n' +
      '3. Ask again.',
    'A model on your own machine needs no key: start Ollama, and set `OLLAMA_BASE_URL` to its ' +
      'address, such as `http://localhost:11434/v1`, and `MODEL_NAME` to the model, such as ' +
      '`ollama/llama3.2`.',
    'The page `docs/models.md` names the other providers. `GET /api/v1/models` lists the models of ' +
      '`config/models.yaml`, and says of each one that is not available what is missing.',
  ];
  return paragraphs.join('\n\n');
}

function quote(question: string): string[] {
  const words = question.trim().replace(/\s+/g, ' ');
  if (words === '') return [];
  return [`You asked:`, `> ${escapeMarkdown(shorten(words))}`];
}

/** The first words, up to a length; a single longer word is cut between two characters. */
function shorten(words: string): string {
  const characters = [...words];
  if (characters.length <= QUOTE_LENGTH) return words;
  const start = characters.slice(0, QUOTE_LENGTH).join('');
  const lastSpace = start.lastIndexOf(' ');
  return `${lastSpace > 0 ? start.slice(0, lastSpace) : start} …`;
}

/** Without this a question could open a code block, a list or a tag, and change what follows. */
function escapeMarkdown(line: string): string {
  return line
    .replace(/[\\`*_~[\]<]|&(?=#?\w+;)/g, '\\$&')
    .replace(/^[#>+=-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}
