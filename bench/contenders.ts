import { join } from 'node:path';
import type { Contender } from './contenders/contender.ts';
import { ours } from './contenders/ours.ts';
import { plain } from './contenders/plain.ts';
import { textOfUiMessageChunk } from './peers/text-of.ts';

const script = (name: string) => join(import.meta.dirname, 'contenders', `${name}.ts`);
const peer = (name: string) => join(import.meta.dirname, 'peers', `${name}.ts`);

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

/** All contenders, in the order of the tables. */
export function contenders(root: string): readonly Contender[] {
  return [
    ours(root),
    plain('proxy', 'hand-written proxy that re-serialises', script('proxy')),
    plain('pipe', 'byte pipe', script('pipe'), textOfCompletion),
    plain('express', 'Express on the openai iterator', script('express')),
    plain('nest-sse', 'Nest @Sse on the openai iterator', peer('nest-sse')),
    plain('ai-sdk', 'Vercel AI SDK', peer('ai-sdk'), textOfUiMessageChunk),
    plain('mastra', 'Mastra', peer('mastra')),
    plain('langgraph', 'LangGraph', peer('langgraph')),
  ];
}
