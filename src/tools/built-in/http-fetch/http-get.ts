import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Readable } from 'node:stream';

/** Longest wait for a connection and for the first byte, in milliseconds. */
const FIRST_BYTE_TIMEOUT = 10_000;

/** The largest body that is read, in bytes as they are after decompression. */
export const LARGEST_BODY = 2 * 1024 * 1024;

/** What a server has answered. */
export interface HttpAnswer {
  status: number;
  location: string | undefined;
  contentType: string;
  body: Buffer;
  /** Whether the body was longer than is read. */
  isCut: boolean;
}

/** What a request is sent with. */
export interface HttpGetOptions {
  signal: AbortSignal;
  /** How the host's name is resolved; undefined: as the system does. */
  lookup: LookupFunction | undefined;
}

/** One GET request over a socket of its own: no proxy, no cookies, no redirects. */
export async function httpGet(url: URL, { signal, lookup }: HttpGetOptions): Promise<HttpAnswer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      agent: false,
      signal,
      timeout: FIRST_BYTE_TIMEOUT,
      ...(lookup !== undefined && { lookup }),
      headers: {
        accept: 'text/html, text/*;q=0.9, application/json;q=0.9, */*;q=0.1',
        'accept-encoding': 'gzip, br, deflate',
        'user-agent': 'agno-api',
      },
    });
    request.once('response', resolve);
    request.once('error', reject);
    request.once('timeout', () => request.destroy(new Error('The server does not answer.')));
    request.end();
  });
  try {
    const { body, isCut } = await bodyOf(response);
    const { statusCode = 0, headers } = response;
    return {
      status: statusCode,
      location: headers.location,
      contentType: headers['content-type'] ?? '',
      body,
      isCut,
    };
  } finally {
    response.destroy();
  }
}

async function bodyOf(response: IncomingMessage): Promise<{ body: Buffer; isCut: boolean }> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of decoded(response)) {
    pieces.push(piece as Buffer);
    size += (piece as Buffer).length;
    // A few bytes may be decompressed to any number: what is enough is not read on.
    if (size > LARGEST_BODY)
      return { body: Buffer.concat(pieces).subarray(0, LARGEST_BODY), isCut: true };
  }
  return { body: Buffer.concat(pieces), isCut: false };
}

function decoded(response: IncomingMessage): Readable {
  const coding = (response.headers['content-encoding'] ?? '').trim().toLowerCase();
  const decoder =
    coding === 'gzip' || coding === 'x-gzip'
      ? createGunzip()
      : coding === 'br'
        ? createBrotliDecompress()
        : coding === 'deflate'
          ? createInflate()
          : undefined;
  if (decoder === undefined) return response;
  response.once('error', (error) => decoder.destroy(error));
  return response.pipe(decoder);
}
