/** What the probe in a contender's process is asked. */
export type ProbeAsk =
  | { probe: 'watch'; profile: boolean }
  | { probe: 'unwatch'; profile?: string }
  | { probe: 'memory' };

export type ProbeReply =
  | { probe: 'watch'; value: void }
  | { probe: 'unwatch'; value: number }
  | { probe: 'memory'; value: { rss: number; heap: number } };
