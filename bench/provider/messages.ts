import type { Sent } from './provider.ts';

/** What the provider's process is asked. */
export type Ask = 'release' | 'take';

/** What it says: once where it listens, then one reply to each question, in their order. */
export type Reply = { port: number } | { done: Ask } | { taken: Map<number, Sent> };
