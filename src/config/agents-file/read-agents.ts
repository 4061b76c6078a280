import { AGENT_DEFAULTS, AgentsConfig, type AgentConfig } from '../agents-config.js';
import { notAllowed, notOneOf, shown, type Faults } from '../faults/faults.js';
import { readEntry } from '../files/entry.js';
import type { YamlFile } from '../files/yaml-file.js';
import { isKnownModel } from '../models-file/default-model.js';
import { name } from '../models-file/models-file.js';
import type { ListedModels } from '../models-file/read-models.js';
import { id } from '../models-file/read-providers.js';
import { flag, text } from '../values/text.js';
import { AgentEntry } from './agents-file.js';

/**
 * The agents of `agents.yaml`.
 *
 * @param models the known models; undefined where `models.yaml` could not be read.
 */
export function readAgents(
  file: YamlFile,
  models: ListedModels | undefined,
  faults: Faults,
): AgentsConfig | undefined {
  const sections = file.sections('agents');
  if (sections === undefined) return undefined;
  file.faultUnset(() => false);
  const agents: AgentConfig[] = [];
  const defaults: string[] = [];
  for (const [key, raw] of sections.agents) {
    const path = ['agents', key];
    if (id.parse(key) !== key) faults.add(file.place, path, notAllowed(shown(key), id.allowed));
    const entry = readEntry(AgentEntry, raw, { path, source: file, faults });
    if (flag.parse(entry.default) === true) defaults.push(key);
    const agent = agentOf(key, entry);
    const model = agent.model;
    if (model !== undefined && models !== undefined && !isKnownModel(model, models)) {
      const found = file.show([...path, 'model'], model);
      const problem = notOneOf(found, model, models.models.keys());
      faults.add(file.place, [...path, 'model'], problem);
    }
    agents.push(agent);
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

function agentOf(key: string, entry: AgentEntry): AgentConfig {
  return {
    ...AGENT_DEFAULTS,
    id: key,
    name: text.parse(entry.name) ?? key,
    description: text.parse(entry.description)?.trim() ?? '',
    instructions: text.parse(entry.instructions)?.trim() ?? '',
    model: name.parse(entry.model),
  };
}
