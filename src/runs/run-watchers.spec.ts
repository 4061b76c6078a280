import { describe, expect, it, jest } from '@jest/globals';
import { MemoryRunLog } from './memory/memory-run-log.js';
import type { RunAudience } from './run-audience.js';
import { RunWatchers } from './run-watchers.js';

const RUN = { owner: 'local', id: 'r' };

describe('a watcher', () => {
  it('waits for nothing once it has left, though it left while its reader was waited for', async () => {
    const log = new MemoryRunLog();
    const { epoch } = await log.claim(RUN);
    await log.append(RUN, epoch, [{ type: 'text', text: 'a', seq: 1 }]);
    const next = jest.spyOn(log, 'next');
    const audience = { join: () => () => undefined } as unknown as RunAudience;
    const [asked, ready] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const watcher = new RunWatchers(log, audience)
      .watch(RUN, 0, () => {
        asked.resolve();
        return ready.promise;
      })
      .subscribe();
    await asked.promise;
    watcher.unsubscribe();
    ready.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(next).toHaveBeenCalledTimes(1);
  });
});
