import { slowly } from '../../runs/slowly.contract.js';
import { describeSessionStore } from '../session-store.contract.js';
import { MemorySessionStore } from './memory-session-store.js';

describeSessionStore('memory', async () => new MemorySessionStore());
describeSessionStore('memory behind calls that are late and come in batches', async () => {
  return slowly(new MemorySessionStore());
});
