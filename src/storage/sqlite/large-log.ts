/** What the write-ahead log should not grow beyond, in bytes. */
export const LARGE_LOG = 64 * 1024 * 1024;
