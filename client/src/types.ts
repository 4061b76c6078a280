import type { components } from './api/schema.js';

type Schemas = components['schemas'];

/** One chunk of a streamed answer; `type` tells what it is, and a text chunk has none. */
export type Chunk = Schemas['Chunk'];
