/** What the assistant can be told to do by a message that begins with a slash. */
export const COMMANDS = {
  help: { usage: '/help', does: 'lists these commands' },
  slow: {
    usage: '/slow [seconds] [question]',
    does: 'answers with a pause before each word: 1 second, or up to 10',
  },
  stall: {
    usage: '/stall [words] [question]',
    does:
      'falls silent after 12 words, or after as many as you say; the service gives me up after 20 ' +
      'seconds and has the answer gone on with',
  },
  drop: {
    usage: '/drop [words] [question]',
    does:
      'breaks the connection after 12 words, or after as many as you say; several numbers break it ' +
      'several times',
  },
  error: {
    usage: '/error [status]',
    does: 'answers with HTTP status 503, or another from 400 to 599',
  },
  long: { usage: '/long [words]', does: 'counts to 2000, or up to 100000, a word for each number' },
  call: {
    usage: '/call tool {"argument": …}',
    does: 'asks for a tool by its name; a line for each, to ask for several at once',
  },
  loop: {
    usage: '/loop tool {"argument": …}',
    does: 'asks for a tool again after each of its results, until a limit ends it',
  },
} as const satisfies Record<string, { usage: string; does: string }>;

export type CommandName = keyof typeof COMMANDS;

export const isCommand = (name: string): name is CommandName => Object.hasOwn(COMMANDS, name);

/** The commands as a Markdown list. */
export function commandList(): string {
  return Object.values(COMMANDS)
    .map(({ usage, does }) => `- \`${usage}\` ${does}.`)
    .join('\n');
}
