import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStream, request } from './support/http-client.js';
import { contentOf } from './support/native-chunks.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';
import { startService, type RunningService } from './support/service.js';

describe('a run that nobody watches', () => {
  let provider: ScriptedProvider;
  let service: RunningService;
  let chat: string;

  beforeAll(async () => {
    provider = await ScriptedProvider.start();
    service = await startService({ provider, env: { DISCONNECT_GRACE: '200ms' } });
    chat = `${service.url}/api/v1/chat`;
  });
  afterAll(async () => {
    await service.close();
    await provider.close();
  });

  const runFinished = (id: unknown) =>
    service.log.until((line) => line['msg'] === 'run finished' && line['run_id'] === id);
  const describeRun = async (id: unknown) =>
    (await request(`${service.url}/api/v1/runs/${String(id)}`)).json();

  it('goes on to its end', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const reading = await openStream(chat, { body: { message: 'Hi', stream: true } });
    await reading.event(0);
    reading.cut();
    gate.open();
    const id = reading.headers['x-run-id'];
    await runFinished(id);
    expect(await describeRun(id)).toMatchObject({ state: 'completed', text: 'ab' });
  });

  it.each([
    ['a stream', true],
    ['a JSON request', false],
  ])(
    'is cancelled after the grace time when %s asked for that and left: the provider’s socket closes, and the text is kept',
    async (_, stream) => {
      const gate = provider.gate();
      const asked = provider.requests.length;
      provider.reply([role(), text('partial'), gate, text('never'), finish(), done()]);
      const leaving = new AbortController();
      const body = { message: 'Hi', stream, on_disconnect: 'cancel' };
      const answering = openStream(chat, { body, signal: leaving.signal }).catch(() => undefined);
      await gate.reached;
      if (stream) await (await answering)!.event(0);
      leaving.abort();
      expect(await provider.requests[asked]!.closed).toBe('left');
      const line = await service.log.until(
        ({ msg, state }) => msg === 'run finished' && state === 'cancelled',
      );
      const run = await describeRun(line['run_id']);
      expect(run).toMatchObject({
        state: 'cancelled',
        text: 'partial',
        finish_reason: 'cancelled',
        usage: { output_tokens: 1, estimated: true },
        error: null,
      });
      gate.open();
    },
  );

  it('is cancelled even while the provider has said nothing yet', async () => {
    const gate = provider.gate();
    const asked = provider.requests.length;
    provider.reply([gate]);
    const leaving = new AbortController();
    const body = { message: 'Hi', stream: true, on_disconnect: 'cancel' };
    const answering = openStream(chat, { body, signal: leaving.signal }).catch(() => undefined);
    await gate.reached;
    leaving.abort();
    await answering;
    expect(await provider.requests[asked]!.closed).toBe('left');
    gate.open();
  });

  it('is not cancelled while another reader is there', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
    const body = { message: 'Hi', stream: true, on_disconnect: 'cancel' };
    const first = await openStream(chat, { body });
    await first.event(0);
    const id = String(first.headers['x-run-id']);
    const second = await openStream(`${service.url}/api/v1/runs/${id}/stream`);
    await second.event(0);
    first.cut();
    // The clock of this test: a run that is left later is cancelled, and this one is not.
    const otherGate = provider.gate();
    const asked = provider.requests.length;
    provider.reply([role(), text('x'), otherGate]);
    const other = await openStream(chat, { body });
    await other.event(0);
    other.cut();
    expect(await provider.requests[asked]!.closed).toBe('left');
    gate.open();
    await second.ended;
    expect(contentOf(second.events)).toBe('ab');
    otherGate.open();
  });

  it('is not cancelled when a reader comes back in time', async () => {
    const gate = provider.gate();
    const patient = await startService({ provider, env: { DISCONNECT_GRACE: '700ms' } });
    try {
      provider.reply([role(), text('a'), gate, text('b'), finish(), usage(), done()]);
      const body = { message: 'Hi', stream: true, on_disconnect: 'cancel' };
      const first = await openStream(`${patient.url}/api/v1/chat`, { body });
      await first.event(0);
      first.cut();
      const request1 = await patient.log.until(({ msg, cut }) => msg === 'request' && cut === true);
      const stream = `${patient.url}/api/v1/runs/${String(request1['run_id'])}/stream`;
      const second = await openStream(stream, { headers: { 'last-event-id': '1' } });
      // The clock of this test: what was left after the second had come is cancelled before it.
      const asked = provider.requests.length;
      provider.reply([role(), text('x'), gate]);
      const other = await openStream(`${patient.url}/api/v1/chat`, { body });
      await other.event(0);
      other.cut();
      expect(await provider.requests[asked]!.closed).toBe('left');
      gate.open();
      expect(await second.ended).toBe('end');
      expect(contentOf(second.events)).toBe('b');
    } finally {
      await patient.close();
    }
  });

  it('is watched by a JSON request whatever it prefers: it is not sent away to poll', async () => {
    provider.reply([role(), text('a'), finish(), usage(), done()]);
    const answered = await request(chat, {
      body: { message: 'Hi', on_disconnect: 'cancel' },
      headers: { prefer: 'wait=0' },
    });
    expect(answered.status).toBe(200);
  });

  it('is answered with 202 and where it is, when it was asked for in the background', async () => {
    const gate = provider.gate();
    provider.reply([gate, role(), text('a'), finish(), usage(), done()]);
    const accepted = await request(chat, {
      body: { message: 'Hi', background: true, stream: true },
    });
    expect(accepted.status).toBe(202);
    const { run_id: id, state } = accepted.json();
    expect(accepted.body).toBe(`{"run_id":"${String(id)}","state":"running"}`);
    expect(state).toBe('running');
    expect(accepted.headers).toMatchObject({
      location: `/api/v1/runs/${String(id)}`,
      'x-run-id': id,
    });
    gate.open();
    const reading = await openStream(`${service.url}${accepted.headers['location']}/stream`);
    await reading.ended;
    expect(contentOf(reading.events)).toBe('a');
  });

  it('goes on when the caller prefers not to wait any longer', async () => {
    const gate = provider.gate();
    provider.reply([role(), text('a'), gate, finish(), usage(), done()]);
    const waited = await request(chat, {
      body: { message: 'Hi' },
      headers: { prefer: 'respond-async, wait=0' },
    });
    expect(waited.status).toBe(202);
    expect(waited.headers['preference-applied']).toBe('wait=0');
    const id = waited.json()['run_id'];
    expect(waited.headers['location']).toBe(`/api/v1/runs/${String(id)}`);
    gate.open();
    await runFinished(id);
    expect(await describeRun(id)).toMatchObject({ state: 'completed', text: 'a' });
  });

  it('is not needed where the answer comes within the time that the caller waits', async () => {
    provider.reply([role(), text('a'), finish(), usage(), done()]);
    const answered = await request(chat, {
      body: { message: 'Hi' },
      headers: { prefer: 'wait=60' },
    });
    expect(answered.status).toBe(200);
    expect(answered.headers).not.toHaveProperty('preference-applied');
    for (const prefer of ['wait=x', 'wait', 'wait=-1']) {
      provider.reply([role(), text('a'), finish(), usage(), done()]);
      const passed = await request(chat, { body: { message: 'Hi' }, headers: { prefer } });
      expect(passed.status).toBe(200);
    }
  });
});
