import { describeRunLog } from '../run-log.contract.js';
import { slowRunLog } from '../slow-run-log.contract.js';
import { MemoryRunLog } from './memory-run-log.js';

describeRunLog('memory', async () => new MemoryRunLog());
describeRunLog('memory behind calls that are late and come in batches', async () => {
  return slowRunLog(new MemoryRunLog());
});
