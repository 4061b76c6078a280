import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readCommandLine, UsageError, type Options } from './command-line.ts';
import { contenders } from './contenders.ts';
import { guard } from './guard.ts';
import { build, installPeers } from './prepare.ts';
import { moveToLoadCore } from './processes/cores.ts';
import { ProviderProcess } from './processes/provider-process.ts';
import { source } from './report/machine.ts';
import { writePage } from './report/page.ts';
import { results } from './report/results.ts';
import { terminalTable } from './report/terminal.ts';
import { joined, measureAll, type Rounds } from './rounds.ts';
import { SCENARIOS } from './scenarios.ts';

const ROOT = join(import.meta.dirname, '..');
const SCENARIO_IDS = SCENARIOS.map(({ id }) => id);
const CONTENDER_IDS = contenders(ROOT).map(({ id }) => id);

async function measure(options: Options, root: string): Promise<Rounds[]> {
  const chosen = contenders(root).filter(({ id }) => options.contenders.includes(id));
  if (options.contenders.includes('ours')) {
    if (options.ours === undefined) build(root);
    else if (!existsSync(join(root, 'dist/main.js'))) {
      throw new UsageError(`--ours: ${root} has no dist/main.js; build it first`);
    }
  }
  installPeers(chosen);
  moveToLoadCore();
  const provider = await ProviderProcess.start();
  try {
    return await measureAll({
      scenarios: SCENARIOS.filter(({ id }) => options.scenarios.includes(id)),
      contenders: chosen,
      rounds: options.rounds,
      profiles: options.profiles === undefined ? undefined : resolve(options.profiles),
      provider,
      say: (what) => process.stderr.write(`${what}\n`),
    });
  } finally {
    await provider.stop();
  }
}

async function bench(args: readonly string[]): Promise<void> {
  const options = readCommandLine(args, { scenarios: SCENARIO_IDS, contenders: CONTENDER_IDS });
  const root = resolve(options.ours ?? ROOT);
  let measured = await measure(options, root);
  if (options.isGuard && !guard(measured).holds) {
    console.log(`${guard(measured).verdict} Measured once more, for it may have been the machine.`);
    measured = joined(measured, await measure(options, root));
  }
  const summed = results(measured, CONTENDER_IDS);
  for (const result of summed) console.log(terminalTable(result));

  const chosen = contenders(root).filter(({ id }) => options.contenders.includes(id));
  const from = source(args, chosen, root);
  const json = options.json ?? join(await mkdtemp(join(tmpdir(), 'bench-')), 'results.json');
  await writeFile(json, `${JSON.stringify({ source: from, scenarios: summed }, null, 2)}\n`);
  console.log(`Results: ${json}`);

  if (options.write) await writePage(join(ROOT, 'docs'), summed, from, SCENARIO_IDS);
  if (!options.isGuard) return;
  const { holds, verdict } = guard(measured);
  console.log(verdict);
  if (!holds) process.exitCode = 1;
}

try {
  await bench(process.argv.slice(2));
} catch (error) {
  process.exitCode = 1;
  console.error(error instanceof UsageError ? error.message : error);
}
