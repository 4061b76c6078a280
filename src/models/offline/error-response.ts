/** What an error says beside its message. */
interface InvalidRequestOptions {
  /** @default 400 */
  status?: 400 | 404;
  /** The field at fault. */
  param?: string;
}

/** A request that OpenAI's API would refuse, too. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';
  readonly status: 400 | 404;
  readonly param: string | null;

  constructor(message: string, { status = 400, param }: InvalidRequestOptions = {}) {
    super(message);
    this.status = status;
    this.param = param ?? null;
  }
}

/** The refusal as OpenAI sends it, which the `openai` client turns into its typed errors. */
export function errorResponse({ status, message, param }: InvalidRequest): Response {
  const code = status === 404 ? 'unknown_url' : null;
  return Response.json(
    { error: { message, type: 'invalid_request_error', param, code } },
    { status },
  );
}

/** An error that the assistant was told to answer with, in the words of its kind. */
export function toldErrorResponse(status: number): Response {
  const type = status < 500 ? 'invalid_request_error' : 'server_error';
  const message = `A message has told the offline assistant to answer with ${status}.`;
  return Response.json({ error: { message, type, param: null, code: null } }, { status });
}
