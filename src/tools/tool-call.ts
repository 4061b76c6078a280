import type { Settings } from '../config/settings.js';
import type { Logger } from '../logging/logger.js';
import { ProgressThrottle } from './progress-throttle.js';
import { ToolError } from './tool-error.js';
import type { Tool, ToolContext, ToolOutput } from './tool.js';

/** A tool that takes too long. */
class ToolTimeoutError extends ToolError {
  constructor(limitMs: number) {
    super(
      `The tool took longer than ${limitMs / 1000} s and was given up; it may or may not have run.`,
    );
  }
}

/**
 * Calls a tool. Whatever goes wrong is its result.
 * @throws the reason of the context's signal, when that is aborted, whatever the tool makes of it
 */
export async function callTool(
  tool: Tool,
  args: unknown,
  context: ToolContext,
  settings: Settings,
  logger: Logger,
): Promise<ToolOutput> {
  const { signal: ended } = context;
  ended.throwIfAborted();
  const timeoutMs = tool.timeoutMs ?? settings.toolTimeoutMs;
  const controller = new AbortController();
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => undefined);
  const stop = (reason: unknown): void => {
    controller.abort(reason);
    stopped.reject(reason);
  };
  const onEnd = (): void => stop(ended.reason);
  ended.addEventListener('abort', onEnd);
  const timer = setTimeout(() => stop(new ToolTimeoutError(timeoutMs)), timeoutMs);
  const progress = new ProgressThrottle(context.progress);
  try {
    const own = { ...context, signal: controller.signal, progress: progress.tell };
    const running = Promise.resolve().then(() => tool.run(args, own));
    // It may go on when nobody waits for it any more.
    running.catch(() => undefined);
    const { content, isError } = await Promise.race([running, stopped.promise]);
    progress.end();
    return { content: cut(content, settings.toolResultLimit), isError };
  } catch (error) {
    ended.throwIfAborted();
    progress.end();
    if (error instanceof ToolError)
      return { content: cut(error.message, settings.toolResultLimit), isError: true };
    const { runId, callId } = context;
    logger.warn({ run_id: runId, tool: tool.name, call_id: callId, err: error }, 'tool failed');
    return { content: 'The tool has failed.', isError: true };
  } finally {
    progress.close();
    clearTimeout(timer);
    ended.removeEventListener('abort', onEnd);
  }
}

/** The beginning of a text that is too long, and that it is. */
function cut(content: string, limit: number): string {
  if (content.length <= limit) return content;
  const last = content.charCodeAt(limit - 1);
  // A surrogate pair stays whole.
  const end = last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
  return `${content.slice(0, end)}…\n[Cut: ${end} of ${content.length} characters.]`;
}
