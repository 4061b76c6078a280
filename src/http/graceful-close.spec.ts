import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GracefulClose } from './graceful-close.js';

const BIG = Buffer.alloc(20_000_000, 'a');

describe('GracefulClose', () => {
  const agent = new Agent({ keepAlive: true });
  const sockets: Socket[] = [];

  afterEach(() => {
    agent.destroy();
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  async function serve(listener: RequestListener) {
    const server = createServer(listener);
    const graceful = new GracefulClose(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, graceful, port: (server.address() as AddressInfo).port };
  }

  const ask = async (port: number): Promise<IncomingMessage> => {
    const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
    return response;
  };

  async function lengthOf(response: IncomingMessage): Promise<number> {
    let length = 0;
    for await (const piece of response) length += (piece as Buffer).length;
    return length;
  }

  it('lets a slow reader have the whole of an answer that was handed over', async () => {
    const { graceful, port } = await serve((_, response) => response.end(BIG));
    const response = await ask(port);
    response.pause();
    const closed = graceful.close();
    expect(await lengthOf(response)).toBe(BIG.length);
    await closed;
  });

  it('ends a kept connection whose answer ends later', async () => {
    let finish!: () => void;
    const { graceful, port } = await serve((_, response) => {
      response.write('a');
      finish = () => response.end('b');
    });
    const response = await ask(port);
    const closed = graceful.close();
    finish();
    expect(await lengthOf(response)).toBe(2);
    await closed;
  });

  it('ends connections that are idle, whether they were used or not', async () => {
    const { server, graceful, port } = await serve((_, response) => response.end());
    await lengthOf(await ask(port));
    const unused = createConnection(port, '127.0.0.1').resume();
    sockets.push(unused);
    await once(server, 'connection');
    await Promise.all([graceful.close(), once(unused, 'end')]);
  });

  it('answers all that was asked in one go before it ends the connection', async () => {
    const finish: (() => void)[] = [];
    const { graceful, port } = await serve(({ url }, response) => {
      finish.push(() => response.end(url));
    });
    const socket = createConnection(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n');
    const received: Buffer[] = [];
    socket.on('data', (piece: Buffer) => received.push(piece));
    while (finish.length < 2) await new Promise(setImmediate);
    const closed = graceful.close();
    for (const end of finish) end();
    await Promise.all([closed, once(socket, 'end')]);
    expect(Buffer.concat(received).toString()).toMatch(/\/1[^]*\/2/);
  });

  it('resolves where the server never listened', async () => {
    await new GracefulClose(createServer()).close();
  });
});
