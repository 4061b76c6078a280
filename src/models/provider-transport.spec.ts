import { afterEach, expect, it } from '@jest/globals';
import { ModelsConfig } from '../config/models-config.js';
import { Settings } from '../config/settings.js';
import { providerConfig } from './openai/testing/answers.js';
import { listen, type LocalServer } from './openai/testing/local-server.js';
import { providerTransport } from './provider-transport.js';

const servers: LocalServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function saying(text: string): Promise<LocalServer> {
  const server = await listen((_request, response) => response.end(text));
  servers.push(server);
  return server;
}

it('asks through the proxy, but not servers that are looked for on this machine', async () => {
  const proxy = await saying('the proxy');
  const [ollama, configured, exempt] = [await saying('a'), await saying('b'), await saying('c')];
  const config = new ModelsConfig(
    [
      providerConfig({ id: 'ollama', baseUrl: undefined, lookedForAt: [ollama.url] }),
      providerConfig({ id: 'own', baseUrl: `${configured.url}/v1` }),
    ],
    [],
  );
  const noProxy = `127.0.0.1:${exempt.port}`;
  const transport = providerTransport(
    config,
    new Settings({ proxy: { httpProxy: proxy.url, noProxy } }),
  );
  const told = async ({ url }: LocalServer) =>
    (await transport.fetchWithin(10_000)(`${url}/api`)).text();
  expect(await told(ollama)).toBe('a');
  expect(await told(configured)).toBe('the proxy');
  expect(await told(exempt)).toBe('c');
  transport.close();
});
