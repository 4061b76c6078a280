/** A failure that a tool words for the model: what it says is the result of the call. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}
