import { IsOptional } from 'class-validator';
import { APPROVAL_TIMEOUTS } from '../agents-config.js';
import { Takes } from '../files/entry.js';
import { name, names, timeout } from '../models-file/models-file.js';
import { httpAddress } from '../values/addresses.js';
import { headerMap, listOf } from '../values/collections.js';
import { wholeNumber } from '../values/numbers.js';
import { flag, oneOf, text, textOf } from '../values/text.js';
import { isMap, type ValueType } from '../values/value-type.js';

export const count = wholeNumber({ min: 1 });
export const countOrNone = wholeNumber({ min: 0 });
export const toolName = textOf(
  'a name of at most 64 letters, digits, "_" and "-", without two "_" in a row',
  /^(?!.*__)[\w-]{1,64}$/,
);
export const toolNames = listOf(toolName);
/** Names of tools; `*` is any text. */
export const patterns = listOf(
  textOf('a name of letters, digits, "_" and "-", or a pattern with "*"', /^[\w*-]{1,200}$/),
);
/** Names of an MCP server's own tools, which may have any sign but white space. */
export const ownPatterns = listOf(
  textOf('the name of a tool, or a pattern with "*"', /^[^\s\p{C}]{1,200}$/u),
);
export const serverId = textOf(
  'at most 32 letters, digits, "-" and "_", beginning with a letter or a digit, without two "_" in a row',
  /^(?!.*__)[A-Za-z\d][\w-]{0,31}$/,
);
export const hosts = listOf(
  textOf(
    'a host such as example.org, *.example.org or 127.0.0.1:9000',
    /^(?:(?:\*\.)?[A-Za-z\d](?:[A-Za-z\d.-]*[A-Za-z\d])?|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/,
  ),
);
export const schemaName = textOf('1 to 64 letters, digits, "_" and "-"', /^[\w-]{1,64}$/);
export const onTimeout = oneOf(APPROVAL_TIMEOUTS);
/** Whether requests may choose another model: all, none, or these. */
export const allowedModels: ValueType<boolean | readonly string[]> = {
  allowed: 'true, false or a list of models',
  parse: (value) => (Array.isArray(value) ? names.parse(value) : flag.parse(value)),
};
/** A text that a program takes, such as `3000`, which YAML reads as a number. */
const argument: ValueType<string> = {
  allowed: 'a text or a number',
  parse: (value) => (typeof value === 'number' ? String(value) : text.parse(value)),
};
export const programArguments = listOf(argument);

/** A map with the values of an environment; what a variable leaves empty is left out. */
export const environmentMap: ValueType<Readonly<Record<string, string>>> = {
  allowed: 'a map of names of variables to texts',
  parse: (value) => {
    if (!isMap(value)) return undefined;
    const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
    const isValid = entries.every(
      ([key, one]) =>
        /^[A-Za-z_]\w*$/.test(key) && ['string', 'number', 'boolean'].includes(typeof one),
    );
    return isValid
      ? Object.fromEntries(entries.map(([key, one]) => [key, String(one)]))
      : undefined;
  },
};

/** A map that is read as an entry of its own. */
export function mapOf(what: string): ValueType<Record<string, unknown>> {
  return { allowed: what, parse: (value) => (isMap(value) ? value : undefined) };
}

export const servers = mapOf('a map of MCP servers by their ids');
export const limits = mapOf('a map of limits');
export const history = mapOf('a map with tokens, turns and summary_model');
export const approval = mapOf('a map with required, exempt, timeout and on_timeout');
export const output = mapOf('a map with name and schema');
export const schema = mapOf('a JSON schema of an object');

/** An entry of `agents:` in `agents.yaml`, as it stands there. */
export class AgentEntry {
  @IsOptional() @Takes(text) name?: unknown;
  @IsOptional() @Takes(text) description?: unknown;
  @Takes(text) instructions: unknown;
  @IsOptional() @Takes(name) model?: unknown;
  @IsOptional() @Takes(names) fallbacks?: unknown;
  @IsOptional() @Takes(allowedModels) allow_models?: unknown;
  @IsOptional() @Takes(toolNames) tools?: unknown;
  @IsOptional() @Takes(servers) mcp?: unknown;
  @IsOptional() @Takes(limits) limits?: unknown;
  @IsOptional() @Takes(history) history?: unknown;
  @IsOptional() @Takes(approval) approval?: unknown;
  @IsOptional() @Takes(output) output?: unknown;
  @IsOptional() @Takes(text) documents?: unknown;
  @IsOptional() @Takes(text) tables?: unknown;
  @IsOptional() @Takes(hosts) fetch_hosts?: unknown;
  @IsOptional() @Takes(flag) default?: unknown;
}

/** `mcp:` of an agent, an entry a server. */
export class McpServerEntry {
  @IsOptional() @Takes(text) command?: unknown;
  @IsOptional() @Takes(programArguments) args?: unknown;
  @IsOptional() @Takes(environmentMap) env?: unknown;
  @IsOptional() @Takes(text) cwd?: unknown;
  @IsOptional() @Takes(httpAddress) url?: unknown;
  @IsOptional() @Takes(headerMap) headers?: unknown;
  @IsOptional() @Takes(ownPatterns) allow?: unknown;
  @IsOptional() @Takes(ownPatterns) deny?: unknown;
  @IsOptional() @Takes(ownPatterns) idempotent?: unknown;
  @IsOptional() @Takes(timeout) timeout?: unknown;
}

/** `limits:` of an agent. */
export class LimitsEntry {
  @IsOptional() @Takes(count) turns?: unknown;
  @IsOptional() @Takes(countOrNone) tool_calls?: unknown;
  @IsOptional() @Takes(count) parallel_tool_calls?: unknown;
  @IsOptional() @Takes(count) tokens?: unknown;
  @IsOptional() @Takes(timeout) time?: unknown;
}

/** `history:` of an agent. */
export class HistoryEntry {
  @IsOptional() @Takes(countOrNone) tokens?: unknown;
  @IsOptional() @Takes(countOrNone) turns?: unknown;
  @IsOptional() @Takes(name) summary_model?: unknown;
}

/** `approval:` of an agent. */
export class ApprovalEntry {
  @IsOptional() @Takes(patterns) required?: unknown;
  @IsOptional() @Takes(patterns) exempt?: unknown;
  @IsOptional() @Takes(timeout) timeout?: unknown;
  @IsOptional() @Takes(onTimeout) on_timeout?: unknown;
}

/** `output:` of an agent. */
export class OutputEntry {
  @IsOptional() @Takes(schemaName) name?: unknown;
  @Takes(schema) schema: unknown;
}
