/** How `fetch` fails, in the request or in its body, when the other side goes away. */
export function connectionBroken(): TypeError {
  const cause = Object.assign(new Error('other side closed'), { code: 'ECONNRESET' });
  return new TypeError('terminated', { cause });
}

/** Never resolves; rejects with the reason of the signal when that is aborted. */
export async function silence(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
