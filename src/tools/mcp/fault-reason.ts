import {
  ProtocolError,
  ProtocolErrorCode,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  UnauthorizedError,
} from '@modelcontextprotocol/client';

/** How deep a chain of causes is followed: one that bites its own tail must end. */
const MAX_CAUSES = 5;

/** `ENOENT`, `UND_ERR_SOCKET`, `CERT_HAS_EXPIRED`, …; the client's own codes are others. */
const SYSTEM_CODE = /^(?:E[A-Z\d]+|(?:UND_ERR|ERR|CERT|DEPTH|SELF|UNABLE)_\w+)$/;

/** The server was gone before it could be used; the message says how. */
export class ServerEndedError extends Error {
  override readonly name = 'ServerEndedError';
}

/**
 * Why a server cannot be used, for operators and for strangers who ask after the service's health:
 * never what the error itself says, which can quote an address, a header or a variable.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof ServerEndedError) return error.message;
  if (error instanceof UnauthorizedError) return 'it answers with HTTP 401';
  if (error instanceof SdkHttpError) return httpReason(error.status);
  if (error instanceof ProtocolError) return `it refuses the connection with code ${error.code}`;
  if (error instanceof SdkError) return sdkReason(error.code);
  // Of the signal that gave it up.
  if (String(error).startsWith('TimeoutError')) return 'it does not answer';
  const code = systemCode(error);
  if (code === 'ENOENT') return 'its program, or the folder to start it in, does not exist';
  if (code !== undefined) return `it cannot be reached (${code})`;
  if (String(error).includes('protocol version is not supported')) {
    return 'it speaks another version of MCP';
  }
  return 'the connection failed';
}

/** Whether a server knows no `initialize`, or no version of MCP in which there is one. */
export function refusesInitialize(error: unknown): boolean {
  const codes = [ProtocolErrorCode.UnsupportedProtocolVersion, ProtocolErrorCode.MethodNotFound];
  if (error instanceof ProtocolError) return codes.includes(error.code);
  if (!(error instanceof SdkHttpError)) return false;
  const text = String(error.data.text);
  return error.status < 500 && codes.some((code) => text.includes(String(code)));
}

/** The code of a failure of the system or of `fetch`, such as `ECONNREFUSED`. */
export function systemCode(error: unknown): string | undefined {
  let at = error;
  for (let depth = 0; typeof at === 'object' && at !== null && depth < MAX_CAUSES; depth += 1) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && SYSTEM_CODE.test(code)) return code;
    at = cause;
  }
  return undefined;
}

function httpReason(status: number): string {
  const reason = `it answers with HTTP ${status}`;
  // What a server of the old transport says to a POST at its address.
  const mayBeOld = [400, 404, 405].includes(status);
  return mayBeOld ? `${reason}: no streamable HTTP there (HTTP+SSE is not supported)` : reason;
}

function sdkReason(code: SdkErrorCode): string {
  switch (code) {
    case SdkErrorCode.RequestTimeout:
      return 'it does not answer';
    case SdkErrorCode.ClientHttpUnexpectedContent:
      return 'it answers with something that is not MCP';
    case SdkErrorCode.ConnectionClosed:
    case SdkErrorCode.NotConnected:
      return 'it has ended';
    default:
      return 'it does not speak MCP as it should';
  }
}
