import type { ModelsConfig } from '../config/models-config.js';
import type { Settings } from '../config/settings.js';
import { NodeTransport } from './openai/node-transport.js';

/**
 * The transport of all requests to providers. Servers that are looked for on the machine itself are
 * not looked for through its proxy, whose machine is another.
 */
export function providerTransport(
  { providers }: ModelsConfig,
  { proxy, extraCaCerts }: Settings,
): NodeTransport {
  const own = [...providers.values()].flatMap(({ lookedForAt = [] }) => lookedForAt);
  const exempt = [proxy.noProxy ?? '', ...own.map((address) => new URL(address).host)];
  return new NodeTransport({ proxy: { ...proxy, noProxy: exempt.join(',') }, extraCaCerts });
}
