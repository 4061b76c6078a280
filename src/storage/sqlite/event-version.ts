/**
 * The version of the events that this release writes. It stands beside each event, and once for the
 * whole database: a release that writes a lower one refuses to open it.
 */
export const EVENT_VERSION = 2;
