import { resolve } from 'node:path';
import { loadConfigOrExit } from './load-config-or-exit.js';
import { copyDatabase } from './storage/sqlite/copy-database.js';
import { StorageCopyError } from './storage/storage-errors.js';

const USAGE = `Usage: npm run backup -- <file>
Copies the database of DATA_DIR into a new file, also while the service runs.
`;

/** Copies the database to where the arguments say, or ends the process with a line that says why not. */
export function writeBackup(env: NodeJS.ProcessEnv, args: readonly string[]): void {
  const [file] = args;
  if (file === undefined || args.length > 1 || file.startsWith('-')) {
    process.stderr.write(USAGE);
    process.exit(1);
  }
  const { dataDir } = loadConfigOrExit(env).settings;
  try {
    const { path, size } = copyDatabase(dataDir, resolve(file));
    process.stdout.write(`${path} (${size} bytes)\n`);
  } catch (error) {
    if (!(error instanceof StorageCopyError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
