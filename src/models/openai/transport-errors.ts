/** The answer is a redirect. It is not followed: the key would go to wherever it points. */
export class RedirectRefusedError extends Error {
  constructor(readonly status: number) {
    super(`The answer is a redirect (status ${status}).`);
    this.name = 'RedirectRefusedError';
  }
}

/** No connection was made in time: name look-up, proxy, TCP and TLS together. */
export class ConnectTimeoutError extends Error {
  constructor(limitMs: number) {
    super(`No connection within ${limitMs} ms.`);
    this.name = 'ConnectTimeoutError';
  }
}

/** The answer is encoded in a way that we neither asked for nor can undo. */
export class UnknownEncodingError extends Error {
  constructor(encoding: string) {
    super(`The answer has the content encoding ${JSON.stringify(encoding)}.`);
    this.name = 'UnknownEncodingError';
  }
}
