/** An instruction of a Dockerfile, its continued lines joined. */
export interface Instruction {
  /** In capitals, such as `COPY`. */
  name: string;
  /** Options such as `--from=build`, by name. */
  options: Readonly<Record<string, string>>;
  /** What comes after the options. */
  rest: string;
}

/** A stage of a Dockerfile, from its `FROM`. */
export interface Stage {
  name: string;
  base: string;
  instructions: readonly Instruction[];
}

/** The instructions of a Dockerfile that stand before the first stage, and its stages. */
export function parseDockerfile(text: string): { args: Instruction[]; stages: Stage[] } {
  const args: Instruction[] = [];
  const stages: (Stage & { instructions: Instruction[] })[] = [];
  for (const line of joinedLines(text)) {
    const instruction = parseInstruction(line);
    if (instruction.name === 'FROM') {
      const [base = '', , name = ''] = instruction.rest.split(/\s+/);
      stages.push({ base, name, instructions: [] });
    } else {
      (stages.at(-1)?.instructions ?? args).push(instruction);
    }
  }
  return { args, stages };
}

/** The words of a JSON list, the exec form of `CMD`. */
export function execForm(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
}

function joinedLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

function parseInstruction(line: string): Instruction {
  const [, name = '', flags = '', rest = ''] = /^(\w+)\s+((?:--\S+\s+)*)(.*)$/.exec(line) ?? [];
  const options = [...flags.matchAll(/--([\w-]+)=(\S+)/g)].map(([, key, value]) => [key, value]);
  return {
    name: name.toUpperCase(),
    options: Object.fromEntries(options) as Record<string, string>,
    rest,
  };
}
