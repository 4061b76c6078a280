import { dirname, resolve } from 'node:path';
import { statSync } from 'node:fs';
import { AGENT_DEFAULTS, AgentsConfig, type AgentConfig } from '../agents-config.js';
import { notAllowed, notOneOf, shown, type Faults, type KeyPath } from '../faults/faults.js';
import { readEntry } from '../files/entry.js';
import type { YamlFile } from '../files/yaml-file.js';
import { isKnownModel } from '../models-file/default-model.js';
import { name, names, timeout } from '../models-file/models-file.js';
import type { ListedModels } from '../models-file/read-models.js';
import { id } from '../models-file/read-providers.js';
import { flag, text } from '../values/text.js';
import {
  AgentEntry,
  allowedModels,
  approval,
  ApprovalEntry,
  count,
  countOrNone,
  history,
  HistoryEntry,
  hosts,
  limits,
  LimitsEntry,
  onTimeout,
  output,
  patterns,
  servers,
  toolNames,
} from './agents-file.js';
import { PLACES, unknownPlaces } from './instruction-places.js';
import { isToleratedUnset, readMcpServers } from './read-mcp-servers.js';
import { readOutput } from './read-output.js';

/** What agents are read with. */
interface Reading {
  file: YamlFile;
  /** Undefined where `models.yaml` could not be read. */
  models: ListedModels | undefined;
  faults: Faults;
  /** What relative paths start from. */
  folder: string;
}

/**
 * The agents of `agents.yaml`.
 *
 * @param models the known models; undefined where `models.yaml` could not be read.
 * @param path where the file is: relative paths in it start from its folder.
 */
export function readAgents(
  file: YamlFile,
  models: ListedModels | undefined,
  faults: Faults,
  path = '',
): AgentsConfig | undefined {
  const sections = file.sections('agents');
  if (sections === undefined) return undefined;
  file.faultUnset(isToleratedUnset);
  const reading = { file, models, faults, folder: dirname(path) };
  const agents: AgentConfig[] = [];
  const defaults: string[] = [];
  for (const [key, raw] of sections.agents) {
    const place = ['agents', key];
    if (id.parse(key) !== key) faults.add(file.place, place, notAllowed(shown(key), id.allowed));
    const entry = readEntry(AgentEntry, raw, { path: place, source: file, faults });
    if (flag.parse(entry.default) === true) defaults.push(key);
    agents.push(readAgent(key, entry, reading));
  }
  for (const key of defaults.slice(1)) {
    const problem = notAllowed(`a second default beside "${defaults[0]}"`, 'one in the file');
    faults.add(file.place, ['agents', key, 'default'], problem);
  }
  const [first] = agents;
  if (first === undefined) {
    faults.add(file.place, ['agents'], notAllowed('no agent', 'a map of at least one'));
  }
  return new AgentsConfig(agents, defaults[0] ?? first?.id ?? '');
}

function readAgent(key: string, entry: AgentEntry, reading: Reading): AgentConfig {
  const { file, faults } = reading;
  const path = ['agents', key];
  const instructions = text.parse(entry.instructions)?.trim() ?? '';
  for (const place of unknownPlaces(instructions)) {
    faults.add(file.place, [...path, 'instructions'], notAllowed(place, PLACES));
  }
  const tools = toolNames.parse(entry.tools) ?? [];
  tools.forEach((tool, index) => {
    if (tools.indexOf(tool) === index) return;
    const problem = notAllowed(`${shown(tool)} again`, 'each tool once');
    faults.add(file.place, [...path, 'tools', index], problem);
  });
  const allowed = allowedModels.parse(entry.allow_models) ?? true;
  const fallbacks = names.parse(entry.fallbacks);
  const shape = output.parse(entry.output);
  return {
    id: key,
    name: text.parse(entry.name) ?? key,
    description: text.parse(entry.description)?.trim() ?? '',
    instructions,
    ...optional('model', knownModel(name.parse(entry.model), [...path, 'model'], reading)),
    ...optional('fallbacks', fallbacks && knownModels(fallbacks, [...path, 'fallbacks'], reading)),
    ...(allowed !== true && {
      models: allowed === false ? [] : knownModels(allowed, [...path, 'allow_models'], reading),
    }),
    tools,
    mcpServers: readMcpServers(servers.parse(entry.mcp) ?? {}, [...path, 'mcp'], file, faults),
    limits: readLimits(entry, path, reading),
    history: readHistory(entry, path, reading),
    approval: readApproval(entry, path, reading),
    ...optional('output', shape && readOutput(shape, [...path, 'output'], file, faults)),
    ...optional('documents', folderAt(entry.documents, [...path, 'documents'], reading)),
    ...optional('tables', folderAt(entry.tables, [...path, 'tables'], reading)),
    fetchHosts: hosts.parse(entry.fetch_hosts) ?? [],
  };
}

function readLimits(entry: AgentEntry, path: KeyPath, reading: Reading): AgentConfig['limits'] {
  const raw = limits.parse(entry.limits) ?? {};
  const read = readEntry(LimitsEntry, raw, at([...path, 'limits'], reading));
  const standard = AGENT_DEFAULTS.limits;
  return {
    turns: count.parse(read.turns) ?? standard.turns,
    toolCalls: countOrNone.parse(read.tool_calls) ?? standard.toolCalls,
    parallelToolCalls: count.parse(read.parallel_tool_calls) ?? standard.parallelToolCalls,
    ...optional('tokens', count.parse(read.tokens)),
    ...optional('timeMs', timeout.parse(read.time)),
  };
}

function readHistory(entry: AgentEntry, path: KeyPath, reading: Reading): AgentConfig['history'] {
  const raw = history.parse(entry.history) ?? {};
  const place = [...path, 'history'];
  const read = readEntry(HistoryEntry, raw, at(place, reading));
  const model = name.parse(read.summary_model);
  return {
    ...optional('tokens', countOrNone.parse(read.tokens)),
    ...optional('turns', countOrNone.parse(read.turns)),
    ...optional('summaryModel', knownModel(model, [...place, 'summary_model'], reading)),
  };
}

function readApproval(entry: AgentEntry, path: KeyPath, reading: Reading): AgentConfig['approval'] {
  const raw = approval.parse(entry.approval) ?? {};
  const read = readEntry(ApprovalEntry, raw, at([...path, 'approval'], reading));
  const standard = AGENT_DEFAULTS.approval;
  return {
    required: patterns.parse(read.required) ?? standard.required,
    exempt: patterns.parse(read.exempt) ?? standard.exempt,
    timeoutMs: timeout.parse(read.timeout) ?? standard.timeoutMs,
    onTimeout: onTimeout.parse(read.on_timeout) ?? standard.onTimeout,
  };
}

function at(path: KeyPath, { file: source, faults }: Reading) {
  return { path, source, faults };
}

function knownModels(list: readonly string[], path: KeyPath, reading: Reading): readonly string[] {
  list.forEach((one, index) => knownModel(one, [...path, index], reading));
  return list;
}

function knownModel(
  model: string | undefined,
  path: KeyPath,
  { file, models, faults }: Reading,
): string | undefined {
  if (model === undefined || models === undefined || isKnownModel(model, models)) return model;
  faults.add(file.place, path, notOneOf(file.show(path, model), model, models.models.keys()));
  return model;
}

/** A folder that is there, as an absolute path. */
function folderAt(
  value: unknown,
  path: KeyPath,
  { file, faults, folder }: Reading,
): string | undefined {
  const given = text.parse(value);
  if (given === undefined) return undefined;
  const absolute = resolve(folder, given.trim());
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) {
    const allowed = 'a folder that is there; a relative path starts from the folder of this file';
    faults.add(file.place, path, notAllowed(file.show(path, given), allowed));
  }
  return absolute;
}

function optional<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, Value>);
}
