import { createHash } from 'node:crypto';

/** Longest name of a tool that all providers take. */
const MAX_NAME = 64;

/**
 * The names by which a model calls the tools of one agent's servers: `server__tool`. What providers
 * refuse in a name becomes `_`, what is too long is cut, and what is then no longer unique, or was
 * cut, ends in a hash of what it stood for: the same name at every start.
 */
export class ToolNames {
  readonly #taken = new Set<string>();

  nameOf(server: string, tool: string): string {
    const plain = `${server}__${tool}`.replace(/[^\w-]/gu, '_');
    const fits = plain.length <= MAX_NAME && !this.#taken.has(plain);
    const name = fits ? plain : this.#hashed(plain, JSON.stringify([server, tool]));
    this.#taken.add(name);
    return name;
  }

  #hashed(plain: string, source: string): string {
    // Two servers can have one id and tool only by a mistake of the caller's: then it is salted.
    for (let salt = 0; ; salt += 1) {
      const hash = createHash('sha256').update(`${source}${salt}`).digest('hex').slice(0, 8);
      const name = `${plain.slice(0, MAX_NAME - hash.length - 1)}_${hash}`;
      if (!this.#taken.has(name)) return name;
    }
  }
}
