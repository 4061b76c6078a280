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

/** The proxy opened no tunnel. */
export class ProxyRefusedError extends Error {
  /** @param status what it answered to `CONNECT`; undefined where that was no answer */
  constructor(
    readonly status: number | undefined,
    cause?: unknown,
  ) {
    super(`The proxy refused the connection${status === undefined ? '' : ` (status ${status})`}.`, {
      cause,
    });
    this.name = 'ProxyRefusedError';
  }
}

/** No connection was made, or no answer came on it that is HTTP. */
export class ConnectionFailedError extends Error {
  constructor(
    /** As the system, TLS or Node's parser names the failure: `ECONNREFUSED`. */
    readonly code: string,
    cause: Error,
  ) {
    super(cause.message, { cause });
    this.name = 'ConnectionFailedError';
  }
}

/** The connection ended in the middle of an answer. */
export class ConnectionClosedError extends Error {
  constructor() {
    super('The connection was closed.');
    this.name = 'ConnectionClosedError';
  }
}

/** The answer is the change to another protocol (status 101), which nobody asked for. */
export class UpgradeRefusedError extends Error {
  constructor() {
    super('The answer is an upgrade to another protocol.');
    this.name = 'UpgradeRefusedError';
  }
}

/** The answer is encoded in a way that we neither asked for nor can undo. */
export class UnknownEncodingError extends Error {
  constructor(encoding: string) {
    super(`The answer has the content encoding ${JSON.stringify(encoding)}.`);
    this.name = 'UnknownEncodingError';
  }
}
