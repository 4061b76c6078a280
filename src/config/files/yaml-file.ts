import { readFileSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { errorCode, HIDDEN, type Environment } from '../environment/environment.js';
import {
  kindOf,
  notAllowed,
  notOneOf,
  pathText,
  shown,
  type Faults,
  type KeyPath,
} from '../faults/faults.js';
import { isMap } from '../values/value-type.js';
import type { EntrySource } from './entry.js';
import { interpolate, REFERENCE_FORMS, type Interpolated } from './interpolation.js';
import { parseYaml } from './parse-yaml.js';

/** The entries of a map, in the order of the file. */
export type Entries = [key: string, entry: Record<string, unknown>][];

/** A YAML file with the values of the variables that it asks for. */
export class YamlFile implements EntrySource {
  private readonly interpolated = new Map<string, Interpolated>();
  /** The content as plain objects; undefined where the file is no YAML. */
  readonly content: unknown;

  constructor(
    /** The file as a fault names it: relative to the working directory where it is below it. */
    readonly place: string,
    source: string,
    private readonly environment: Environment,
    private readonly faults: Faults,
  ) {
    const parsed = parseYaml(source, place, faults);
    this.content = parsed === undefined ? undefined : (this.fill(parsed, [], []) ?? null);
  }

  /**
   * The entries of the file's top-level maps, which are the only keys that it may have.
   *
   * @returns undefined where the file is no YAML.
   */
  sections<Name extends string>(...names: Name[]): Record<Name, Entries> | undefined {
    if (this.content === undefined) return undefined;
    const content = isMap(this.content) ? this.content : {};
    for (const key of Object.keys(content).filter((one) => !names.some((name) => name === one))) {
      this.faults.add(this.place, [key], notOneOf('an unknown key', key, names));
    }
    const sections = names.map((name) => [name, this.entries(name, content[name])] as const);
    return Object.fromEntries(sections) as Record<Name, Entries>;
  }

  /** The unset variables that a value asks for. */
  unset(path: KeyPath): Pick<Interpolated, 'missing' | 'blank'> {
    return this.interpolated.get(pathText(path)) ?? { missing: [], blank: [] };
  }

  /** Adds a fault for each unset variable without a default, but for those under `tolerated`. */
  faultUnset(tolerated: (path: string) => boolean): void {
    for (const [path, { missing }] of this.interpolated) {
      const [name] = missing;
      if (name === undefined || tolerated(path)) continue;
      const found = `\${${name}} while ${name} is not set`;
      const problem = notAllowed(found, `a variable that is set, or \${${name}:-default}`);
      this.faults.add(this.place, path, problem);
    }
  }

  show(path: KeyPath, value: unknown): string {
    const variables = this.interpolated.get(pathText(path))?.variables ?? [];
    const secret = variables.some((name) => this.environment.isSecret(name)) || isSecretKey(path);
    const found = secret && value !== undefined && value !== null ? HIDDEN : shown(value);
    return variables.length === 0 ? found : `${found} (from ${variables.join(', ')})`;
  }

  private entries(name: string, section: unknown): Entries {
    if (!isMap(section)) {
      const problem = notAllowed(kindOf(section), 'a map of entries by their names');
      this.faults.add(this.place, [name], problem);
      return [];
    }
    return Object.entries(section).flatMap(([key, entry]) => {
      if (isMap(entry)) return [[key, entry]];
      const problem = notAllowed(kindOf(entry), 'a map of its settings');
      this.faults.add(this.place, [name, key], problem);
      return [];
    });
  }

  /** Only texts are filled, after parsing: a value with a `:` or a `#` cannot break the file. */
  private fill(value: unknown, path: KeyPath, ancestors: readonly unknown[]): unknown {
    if (typeof value === 'string') return this.fillText(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (ancestors.includes(value)) {
      this.faults.add(this.place, path, 'an alias (*name) must not stand within its own anchor');
      return undefined;
    }
    const within = [...ancestors, value];
    if (Array.isArray(value)) {
      return value.map((item: unknown, index) => this.fill(item, [...path, index], within));
    }
    const entries = Object.entries(value).map(
      ([key, one]) => [key, this.fill(one, [...path, key], within)] as const,
    );
    return Object.fromEntries(entries);
  }

  private fillText(value: string, path: KeyPath): string | undefined {
    const result = interpolate(value, (name) => this.environment.get(name));
    this.interpolated.set(pathText(path), result);
    if (result.malformed !== undefined) {
      // A slip is the secret itself between the braces.
      const found = isSecretKey(path) ? HIDDEN : shown(result.malformed);
      const problem = notAllowed(found, REFERENCE_FORMS);
      this.faults.add(this.place, path, problem);
    }
    return result.text;
  }
}

/** Reads a YAML file. That it is not there, or not YAML, is added to the faults. */
export function readYamlFile(
  path: string,
  cwd: string,
  environment: Environment,
  faults: Faults,
): YamlFile | undefined {
  const below = relative(cwd, path);
  const place = below.startsWith('..') || isAbsolute(below) ? path : below;
  let source: string;
  try {
    source = readFileSync(path, 'utf8');
  } catch (error) {
    const code = errorCode(error);
    const problem = code === 'ENOENT' ? 'is missing' : `cannot be read (${code})`;
    faults.add(place, '', `the file ${problem}; CONFIG_DIR names its folder`);
    return undefined;
  }
  return new YamlFile(place, source, environment, faults);
}

/** A key or a header may be a secret even where it was written into the file. */
function isSecretKey(path: KeyPath): boolean {
  return path.includes('headers') || /(^|_)(key|secret|password)$/.test(String(path.at(-1)));
}
