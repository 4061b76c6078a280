import { describe, expect, it } from '@jest/globals';
import { isAlive, scriptedServer } from '../testing/mcp-servers.js';
import { StdioTransport } from './stdio-transport.js';

const TIMES = { byItselfMs: 50, whenToldMs: 5_000 };
const transportTo = (command: string, args: readonly string[] = []) =>
  new StdioTransport({ command, args, env: {} }, TIMES, () => {});

describe('a connection over stdio', () => {
  it('that ends while its program is being started leaves no process', async () => {
    const { command, args } = scriptedServer('stubborn');
    const transport = transportTo(command, args);
    const started = transport.start();
    const { pid } = transport;
    expect(isAlive(pid!)).toBe(true);
    await transport.close();
    expect(isAlive(pid!)).toBe(false);
    await started;
    expect(await transport.ended).toBe('it was ended');
    await expect(transport.send({ jsonrpc: '2.0', method: 'x' })).rejects.toThrow('Not connected');
  });

  it('tells of its end once, also where it is ended again', async () => {
    const { command, args } = scriptedServer();
    const transport = transportTo(command, args);
    let ends = 0;
    transport.onclose = () => (ends += 1);
    await transport.start();
    await Promise.all([transport.close(), transport.close()]);
    await transport.close();
    expect(ends).toBe(1);
  });

  it('ends where the server reads no more', async () => {
    const deaf = "require('fs').closeSync(0); setInterval(() => {}, 1000); console.log('x')";
    const deafened = Promise.withResolvers<string>();
    const program = { command: process.execPath, args: ['-e', deaf], env: {} };
    const transport = new StdioTransport(program, TIMES, deafened.resolve);
    await transport.start();
    await deafened.promise;
    await transport.send({ jsonrpc: '2.0', method: 'x' });
    expect(await transport.ended).toBe('it has closed its input');
  });

  it('that cannot begin has ended', async () => {
    const transport = transportTo('/nowhere/server');
    await expect(transport.start()).rejects.toThrow('ENOENT');
    expect(await transport.ended).toBe('it could not be started');
    await transport.close();
  });
});
