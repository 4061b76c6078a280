import { join } from 'node:path';
import type { Contender } from './contenders/contender.ts';
import { ours } from './contenders/ours.ts';
import { plain } from './contenders/plain.ts';
import { textOfUiMessageChunk } from './peers/text-of.ts';

interface Completion {
  choices: { delta?: { content?: string } }[];
}

/** The text in a chunk of the provider's own format. */
function textOfCompletion(payload: string): string | undefined {
  if (payload === '[DONE]') return undefined;
  return (JSON.parse(payload) as Completion).choices[0]?.delta?.content;
}

/** What everything is compared with. */
export const YARDSTICK = 'proxy';

const HERE = import.meta.dirname;

/** One that is written here, and needs no package that the service does not have. */
const local = (id: string, title: string, packages: readonly string[] = []) => ({
  ...{ id, title, packages },
  script: join(HERE, 'contenders', `${id}.ts`),
});

/** One from the ecosystem, on packages of the benchmark's own. */
const peer = (id: string, title: string, packages: readonly string[]) => ({
  ...{ id, title, packages },
  script: join(HERE, 'peers', `${id}.ts`),
});

/** All contenders, in the order of the tables. */
export function contenders(root: string): readonly Contender[] {
  return [
    ours(root),
    plain(local('proxy', 'hand-written proxy that re-serialises')),
    plain(local('pipe', 'byte pipe'), textOfCompletion),
    plain(local('express', 'Express on the `openai` iterator', ['express', 'openai'])),
    plain(peer('nest-sse', 'Nest `@Sse` on the `openai` iterator', ['@nestjs/core', 'openai'])),
    plain(peer('ai-sdk', 'Vercel AI SDK', ['ai']), textOfUiMessageChunk),
    plain(peer('mastra', 'Mastra', ['@mastra/core'])),
    plain(peer('langgraph', 'LangGraph', ['@langchain/langgraph', '@langchain/openai'])),
  ];
}

/** Whether a contender runs on the packages of the benchmark's own. */
export function isPeer({ script }: Contender): boolean {
  return script.startsWith(join(HERE, 'peers'));
}
