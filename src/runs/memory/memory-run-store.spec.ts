import { describeRunStore } from '../run-store.contract.js';
import { MemoryRunStore } from './memory-run-store.js';

describeRunStore('memory', async () => new MemoryRunStore());
