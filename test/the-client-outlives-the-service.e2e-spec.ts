import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { AgnoClient } from '../client/src/index.js';
import { writeConfigDir, type ConfigDir } from './support/config-dir.js';
import { startProcess, type ServiceProcess } from './support/process.js';
import { done, finish, role, text, usage } from './support/provider/steps.js';
import { ScriptedProvider } from './support/scripted-provider.js';

let provider: ScriptedProvider;
let directory: ConfigDir;
let service: ServiceProcess;

beforeAll(async () => {
  provider = await ScriptedProvider.start();
});
afterAll(() => provider.close());
beforeEach(async () => {
  directory = await writeConfigDir({ provider });
  service = await startProcess(directory.env);
});
afterEach(async () => {
  await service.kill();
  await directory.remove();
});

/** An answer that the death of the service cuts, and the rest of it for the one that goes on. */
function cutAnswer() {
  const gate = provider.gate();
  provider.reply([role(), text('The service', ' may die,'), gate]);
  provider.reply([role(), text(' its answer', ' does not.'), finish(), usage(), done()]);
  return gate;
}

it('a stream goes on where it was after the service was killed and started again', async () => {
  const gate = cutAnswer();
  const reasons: string[] = [];
  const client = new AgnoClient({ baseUrl: service.url });
  const stream = client.stream(
    { message: 'Hi' },
    { onConnection: ({ reason }) => void (reason !== undefined && reasons.push(reason)) },
  );
  let whole = '';
  for await (const { content } of stream) {
    whole += content;
    if (whole !== 'The service may die,') continue;
    await service.kill();
    gate.open();
    service = await service.restart();
  }
  expect(whole).toBe('The service may die, its answer does not.');
  expect(stream.last).toMatchObject({ finish_reason: 'stop', run_id: stream.runId });
  expect(reasons.length).toBeGreaterThan(0);
});

it('a whole answer comes from the service that was started again', async () => {
  const gate = cutAnswer();
  const client = new AgnoClient({ baseUrl: service.url });
  const answered = client.chat({ message: 'Hi' });
  await gate.reached;
  const { data } = await client.runs.list();
  // What a reader has seen is logged: the one that takes the run over goes on from there.
  let seen = '';
  for await (const { content } of client.resume(data[0]!.run_id)) {
    seen += content;
    if (seen === 'The service may die,') break;
  }
  await service.kill();
  gate.open();
  service = await service.restart();
  await expect(answered).resolves.toMatchObject({
    message: { content: 'The service may die, its answer does not.' },
  });
});
