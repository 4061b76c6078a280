import { Provider } from './provider.ts';
import type { Ask, Reply } from './messages.ts';

// The benchmark starts this as a process of its own, and talks to it over Node's channel.
const provider = new Provider();
const reply = (message: Reply) => process.send!(message);

process.on('message', (ask: Ask) => {
  if (ask === 'release') provider.release();
  reply(ask === 'take' ? { taken: provider.take() } : { done: ask });
});
process.on('disconnect', () => process.exit());

reply({ port: await provider.listen() });
