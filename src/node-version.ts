/** The oldest Node that the service and its dependencies run on. */
const OLDEST_NODE = [22, 13] as const;

/**
 * Ends the process where its Node is too old. To be called before anything else is loaded: an old
 * Node fails on the first module with a riddle.
 */
export function refuseOldNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  process.stderr.write(
    `Agno API needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}. ` +
      'npm start brings its own.\n',
  );
  process.exit(1);
}
