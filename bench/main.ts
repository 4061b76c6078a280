import { join, resolve } from 'node:path';
import { readCommandLine, UsageError, type Options } from './command-line.ts';
import { contenders } from './contenders.ts';
import { moveToLoadCore } from './processes/cores.ts';
import { ProviderProcess } from './processes/provider-process.ts';
import { results } from './report/results.ts';
import { terminalTable } from './report/terminal.ts';
import { measureAll } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = join(import.meta.dirname, '..');

async function bench(options: Options): Promise<void> {
  const order = options.contenders;
  const course = {
    scenarios: SCENARIOS.filter(({ id }) => options.scenarios.includes(id)),
    contenders: contenders(resolve(options.ours)).filter(({ id }) => order.includes(id)),
    rounds: options.rounds,
    profiles: options.profiles === undefined ? undefined : resolve(options.profiles),
    say: (what: string) => process.stderr.write(`${what}\n`),
  };
  moveToLoadCore();
  const provider = await ProviderProcess.start();
  try {
    const measured = await measureAll({ ...course, provider });
    for (const result of results(measured, order)) console.log(terminalTable(result));
  } finally {
    await provider.stop();
  }
}

try {
  const allowed = {
    scenarios: SCENARIOS.map(({ id }) => id),
    contenders: contenders(ROOT).map(({ id }) => id),
    root: ROOT,
  };
  await bench(readCommandLine(process.argv.slice(2), allowed));
} catch (error) {
  process.exitCode = 1;
  console.error(error instanceof UsageError ? error.message : error);
}
