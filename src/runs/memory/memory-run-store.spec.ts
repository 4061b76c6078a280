import { describeRunStore } from '../run-store.contract.js';
import { slowly } from '../slowly.contract.js';
import { MemoryRunStore } from './memory-run-store.js';

describeRunStore('memory', async () => new MemoryRunStore());
describeRunStore('memory behind calls that are late and come in batches', async () => {
  return slowly(new MemoryRunStore());
});
