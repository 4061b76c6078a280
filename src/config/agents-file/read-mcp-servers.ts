import type { McpServerConfig } from '../agents-config.js';
import { notAllowed, shown, type Faults, type KeyPath } from '../faults/faults.js';
import { readEntry } from '../files/entry.js';
import type { YamlFile } from '../files/yaml-file.js';
import { timeout } from '../models-file/models-file.js';
import { notSet } from '../models-file/read-providers.js';
import { httpAddress } from '../values/addresses.js';
import { headerMap } from '../values/collections.js';
import { text } from '../values/text.js';
import { isMap } from '../values/value-type.js';
import {
  environmentMap,
  McpServerEntry,
  ownPatterns,
  programArguments,
  serverId,
} from './agents-file.js';

/** Whether a value with an unset variable makes its MCP server unavailable rather than faulty. */
export function isToleratedUnset(path: string): boolean {
  return /^agents\..+\.mcp\.[^.]+\.(url|command|args\[\d+\]|(headers|env)\..+)$/.test(path);
}

/** The MCP servers of an agent, in its order. */
export function readMcpServers(
  servers: Record<string, unknown>,
  path: KeyPath,
  file: YamlFile,
  faults: Faults,
): McpServerConfig[] {
  return Object.entries(servers).flatMap(([id, raw]) => {
    const at = [...path, id];
    if (serverId.parse(id) !== id) {
      faults.add(file.place, at, notAllowed(shown(id), serverId.allowed));
    }
    if (!isMap(raw)) {
      faults.add(file.place, at, notAllowed(shown(raw), 'a map of its settings'));
      return [];
    }
    const entry = readEntry(McpServerEntry, raw, { path: at, source: file, faults });
    const unset = unsetIn(raw, at, file);
    const kinds = ['command', 'url'].filter(
      (key) => raw[key] != null || file.unset([...at, key]).missing.length > 0,
    );
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? 'neither command nor url' : 'command and url';
      faults.add(file.place, at, notAllowed(found, 'one of them'));
    }
    return [serverOf(id, entry, notSet(unset))];
  });
}

function serverOf(
  id: string,
  entry: McpServerEntry,
  unavailable: string | undefined,
): McpServerConfig {
  const command = text.parse(entry.command)?.trim();
  const url = httpAddress.parse(entry.url);
  const cwd = text.parse(entry.cwd);
  const timeoutMs = timeout.parse(entry.timeout);
  return {
    id,
    ...(command !== undefined && { command }),
    args: programArguments.parse(entry.args) ?? [],
    env: environmentMap.parse(entry.env) ?? {},
    ...(cwd !== undefined && { cwd }),
    ...(url !== undefined && { url }),
    headers: headerMap.parse(entry.headers) ?? {},
    allow: ownPatterns.parse(entry.allow) ?? ['*'],
    deny: ownPatterns.parse(entry.deny) ?? [],
    idempotent: ownPatterns.parse(entry.idempotent) ?? [],
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(unavailable !== undefined && { unavailable }),
  };
}

/** The variables that are not set, of all that its values ask for. */
function unsetIn(raw: Record<string, unknown>, at: KeyPath, file: YamlFile): string[] {
  const places: KeyPath[] = [['command'], ['url']];
  if (Array.isArray(raw['args'])) raw['args'].forEach((_, index) => places.push(['args', index]));
  for (const map of ['env', 'headers']) {
    const value = raw[map];
    if (isMap(value)) for (const key of Object.keys(value)) places.push([map, key]);
  }
  return [...new Set(places.flatMap((place) => file.unset([...at, ...place]).missing))];
}
