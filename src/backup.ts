import { refuseOldNode } from './node-version.js';

refuseOldNode();
const { writeBackup } = await import('./write-backup.js');
writeBackup(process.env, process.argv.slice(2));
