import { describeSessionStore } from '../session-store.contract.js';
import { MemorySessionStore } from './memory-session-store.js';

describeSessionStore('memory', async () => new MemorySessionStore());
