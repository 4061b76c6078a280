import { readdirSync, readFileSync } from 'node:fs';

/** The CPU time that all threads of a process have used, in microseconds: exact, unlike clock ticks. */
export function cpuUs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [running] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    nanoseconds += Number(running);
  }
  return nanoseconds / 1000;
}
