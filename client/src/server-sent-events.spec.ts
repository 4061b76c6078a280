import { describe, expect, it } from '@jest/globals';
import {
  SilenceError,
  readEvents,
  withinSilence,
  type ServerSentEvent,
} from './server-sent-events.js';

async function eventsOf(...pieces: (string | Uint8Array)[]): Promise<ServerSentEvent[]> {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      }
      controller.close();
    },
  });
  const events: ServerSentEvent[] = [];
  for await (const reading of readEvents(body, 1000)) events.push(...reading.events);
  return events;
}

describe('readEvents', () => {
  it('reads events with their positions and sizes', async () => {
    await expect(eventsOf('\nid: 1\ndata: {}\n\n: hb\n\nid: 12\ndata: []\n\n')).resolves.toEqual([
      { id: 1, data: '{}', bytes: 'id: 1\ndata: {}\n\n'.length },
      { id: 12, data: '[]', bytes: 'id: 12\ndata: []\n\n'.length },
    ]);
  });

  it('joins what was split anywhere, within a character too', async () => {
    const bytes = new TextEncoder().encode('id: 1\r\ndata: 한👩‍🔬\r\n\r\n');
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
    await expect(eventsOf(...pieces)).resolves.toMatchObject([{ id: 1, data: '한👩‍🔬' }]);
  });

  it('leaves out an event that has no end', async () => {
    await expect(eventsOf('id: 1\ndata: {}\n\nid: 2\ndata: {}\n')).resolves.toMatchObject([
      { id: 1 },
    ]);
  });

  it('leaves out events without a position', async () => {
    await expect(eventsOf('data: {}\n\nid: x\ndata: {}\n\nid: -1\ndata: 1\n\n')).resolves.toEqual(
      [],
    );
  });

  it('ends a connection on which nothing comes, and lets go of it', async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
    await expect(readEvents(body, 1).next()).rejects.toBeInstanceOf(SilenceError);
    expect(isCancelled).toBe(true);
  });
});

describe('withinSilence', () => {
  it('waits for ever where it may', async () => {
    const later = new Promise((resolve) => setTimeout(resolve, 5, 'there'));
    await expect(withinSilence(later, Infinity)).resolves.toBe('there');
  });
});
