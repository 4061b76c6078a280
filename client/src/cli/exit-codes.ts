/** How the command line ends. */
export const EXIT = {
  ok: 0,
  /** The answer failed after it had begun. */
  failed: 1,
  /** The call or the request was refused. */
  refused: 2,
  unreachable: 3,
  lost: 4,
  approvalNeeded: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
