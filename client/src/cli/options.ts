import { parseArgs } from 'node:util';

/** What the command line was called with. */
export interface Options {
  /** What to do. */
  command: 'chat' | 'models' | 'sessions' | 'runs' | 'help' | 'version';
  /** The message; undefined: it is read from standard input, or one talks. */
  message: string | undefined;
  readsInput: boolean;
  url: string;
  headers: Record<string, string>;
  model: string | undefined;
  agent: string | undefined;
  session: string | undefined;
  instructions: string | undefined;
  maxTokens: number | undefined;
  temperature: number | undefined;
  stream: boolean;
  /** Milliseconds between two characters; undefined: as they come. */
  delay: number | undefined;
  raw: boolean;
  stats: boolean;
  json: boolean;
  /** The run to read instead of asking. */
  resume: string | undefined;
  /** Approve every tool call. */
  yes: boolean;
  limit: number | undefined;
}

/** A call that cannot be understood. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const COMMANDS = ['models', 'sessions', 'runs'] as const;
const DEFAULT_URL = 'http://127.0.0.1:8000';

export const USAGE = `Usage: agno-chat [options] [message]
       agno-chat models | sessions | runs [options]

Asks an Agno API and prints the answer as it is written. Without a message, and on a
terminal, it is a conversation; "-" reads the message from standard input.

  -m, --model <name>        the model to ask; see "agno-chat models"
  -a, --agent <id>          the agent to ask
  -s, --session <id>        the session to go on with
      --instructions <text>  what the model is told beside, for this answer
      --max-tokens <n>      most tokens to answer with
      --temperature <n>     how freely to choose words, 0 to 2
      --no-stream           ask for the whole answer at once
      --resume <run>        print the answer of a run that was started before
      --delay <ms>          print character by character, so long after each
      --raw                 print each event with its time of arrival
      --json                print one JSON document
      --stats               tell of times, tokens and gaps at the end
      --yes                 let agents call the tools that need an approval
      --url <address>       where the service is (AGNO_URL; ${DEFAULT_URL})
      --header <name: value>  send a further header; may be repeated
      --limit <n>           how many models, sessions or runs to list
  -h, --help                print this
      --version             print the version

Ctrl-C cancels the answer, a second one quits.
Exit codes: 0 answered, 1 the answer failed, 2 the request was refused, 3 no service,
4 the connection was lost, 5 an approval is needed, 130 interrupted.
`;

const FLAGS = {
  model: { type: 'string', short: 'm' },
  agent: { type: 'string', short: 'a' },
  session: { type: 'string', short: 's' },
  instructions: { type: 'string' },
  'max-tokens': { type: 'string' },
  temperature: { type: 'string' },
  'no-stream': { type: 'boolean' },
  resume: { type: 'string' },
  delay: { type: 'string' },
  raw: { type: 'boolean' },
  json: { type: 'boolean' },
  stats: { type: 'boolean' },
  yes: { type: 'boolean' },
  url: { type: 'string' },
  header: { type: 'string', multiple: true },
  limit: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** @throws UsageError */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options {
  const { values, positionals } = parse(args);
  const command = commandOf(values, positionals);
  const words = command === 'chat' ? positionals.filter((word) => word !== '-') : [];
  const readsInput = command === 'chat' && positionals.includes('-');
  if (readsInput && words.length > 0) {
    throw new UsageError('"-" reads the whole message from standard input: say nothing beside it');
  }
  const message = words.length === 0 ? undefined : words.join(' ');
  if (values.resume !== undefined && (message !== undefined || readsInput)) {
    throw new UsageError('--resume prints an answer that was asked for already: say no message');
  }
  if (values.resume?.trim() === '') throw new UsageError('--resume takes the id of a run');
  const shapes = (['raw', 'json', 'delay'] as const).filter((name) => values[name] !== undefined);
  if (shapes.length > 1) throw new UsageError(`--${shapes.join(' and --')} exclude each other`);
  if (values.raw && values['no-stream']) {
    throw new UsageError('--raw prints the events of a stream: it excludes --no-stream');
  }
  return {
    command,
    message,
    readsInput,
    url: addressOf(values.url, env['AGNO_URL']),
    headers: Object.fromEntries((values.header ?? []).map(header)),
    model: values.model,
    agent: values.agent,
    session: values.session,
    instructions: values.instructions,
    maxTokens: number('--max-tokens', values['max-tokens'], { least: 1, isWhole: true }),
    temperature: number('--temperature', values.temperature, { least: 0 }),
    stream: values['no-stream'] !== true,
    delay: number('--delay', values.delay, { least: 0, most: 60_000 }),
    raw: values.raw === true,
    stats: values.stats === true,
    json: values.json === true,
    resume: values.resume,
    yes: values.yes === true,
    limit: number('--limit', values.limit, { least: 1, isWhole: true }),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const [option = ''] = /--[\w-]+/.exec(message) ?? [];
    if (code === 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' && !/does not take/.test(message)) {
      throw new UsageError(`${option} takes a value; one with a dash first is ${option}=-…`);
    }
    // Of Node's hint the first sentence says what is wrong.
    const [first = ''] = message.split('. ', 1);
    throw new UsageError(first);
  }
}

function commandOf(
  { help, version }: { help?: boolean; version?: boolean },
  positionals: readonly string[],
): Options['command'] {
  if (help) return 'help';
  if (version) return 'version';
  const [only] = positionals;
  return (positionals.length === 1 && COMMANDS.find((name) => name === only)) || 'chat';
}

function number(
  name: string,
  text: string | undefined,
  { least, most, isWhole = false }: { least: number; most?: number; isWhole?: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? NaN : Number(text);
  const isWithin = value >= least && value <= (most ?? Number.MAX_VALUE);
  if (!isWithin || (isWhole && !Number.isSafeInteger(value))) {
    const kind = isWhole ? 'a whole number' : 'a number';
    const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
    throw new UsageError(`${name} takes ${kind} ${range}, not "${text}"`);
  }
  return value;
}

function header(line: string): [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*?)\s*$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`--header takes "Name: value", not "${line}"`);
  }
  try {
    new Headers([[name, value]]);
  } catch {
    throw new UsageError(`--header ${name}: a header has no such characters`);
  }
  return [name, value];
}

function addressOf(option: string | undefined, variable: string | undefined): string {
  if (option !== undefined) return address('--url', option);
  return variable ? address('AGNO_URL', variable) : DEFAULT_URL;
}

function address(name: '--url' | 'AGNO_URL', url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    throw new UsageError(`${name} takes an address such as ${DEFAULT_URL}, not "${url}"`);
  }
  // What is wrong with it is not repeated: it may be a password.
  if (parsed.username !== '' || parsed.password !== '') {
    throw new UsageError(`${name} takes no password: say --header "Authorization: Basic …"`);
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw new UsageError(`${name} takes an address without "?" and "#", not "${url}"`);
  }
  return url;
}
