import type { ChildProcess } from 'node:child_process';

/** A child process that was started as the leader of its group, with all that it has started. */
export class ProcessGroup {
  constructor(private readonly leader: ChildProcess) {}

  /** Nothing happens where none of them is left. */
  signal(signal: NodeJS.Signals): void {
    const { pid } = this.leader;
    if (pid === undefined) return;
    try {
      // Windows has no groups: there, those that it has started see the end of their input.
      if (process.platform === 'win32') this.leader.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // They have ended by themselves.
    }
  }
}
