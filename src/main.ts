import { refuseOldNode } from './node-version.js';

refuseOldNode();
const { serve } = await import('./serve.js');
await serve(process.env);
