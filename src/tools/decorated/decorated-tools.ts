import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { AgentConfig } from '../../config/agents-config.js';
import type { Tool, ToolOutput } from '../tool.js';
import { ToolSource } from '../tool-source.js';
import { jsonSchemaOf } from './json-schema.js';
import { readArguments } from './read-arguments.js';
import { TOOL_METADATA, type ToolMethod, type ToolOptions } from './tool.decorator.js';

/** What a tool may be called. Two underscores stand between an MCP server and its tool. */
const NAME = /^(?!.*__)[\w-]{1,64}$/;

/** The methods with `@Tool` of all providers. */
@Injectable()
export class DecoratedTools extends ToolSource implements OnModuleInit {
  readonly #tools = new Map<string, Tool>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {
    super();
  }

  /** @throws Error where a tool cannot be one */
  onModuleInit(): void {
    const places = new Map<string, string>();
    for (const { tool, place } of this.#found()) {
      const other = places.get(tool.name);
      if (other !== undefined) {
        throw new Error(`The tools of ${other} and ${place} have the same name, "${tool.name}".`);
      }
      places.set(tool.name, place);
      this.#tools.set(tool.name, tool);
    }
  }

  /** All of them. */
  get all(): readonly Tool[] {
    return [...this.#tools.values()];
  }

  /** Those that the agent names, in its order. */
  override async toolsOf({ tools }: AgentConfig): Promise<readonly Tool[]> {
    return this.named(tools);
  }

  named(names: readonly string[]): Tool[] {
    return names.flatMap((name) => this.#tools.get(name) ?? []);
  }

  *#found(): Generator<{ tool: Tool; place: string }> {
    for (const wrapper of this.discovery.getProviders()) {
      const prototype = prototypeOf(wrapper);
      if (prototype === undefined) continue;
      for (const method of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[method] as ToolMethod;
        const options = this.reflector.get<ToolOptions | undefined>(TOOL_METADATA, handler);
        if (options === undefined) continue;
        const place = `${wrapper.name}.${method}`;
        yield { tool: this.#tool(wrapper, method, options, place), place };
      }
    }
  }

  #tool(wrapper: InstanceWrapper, method: string, options: ToolOptions, place: string): Tool {
    const { name = inSnakeCase(method), description, parameters, timeoutMs } = options;
    if (!NAME.test(name)) {
      throw new Error(
        `${place}: "${name}" is no name for a tool: 1 to 64 letters, digits, _ and -, without two _ in a row.`,
      );
    }
    if (!wrapper.isDependencyTreeStatic()) {
      throw new Error(`${place}: a tool belongs to the whole process, its provider to a request.`);
    }
    return {
      name,
      description,
      parameters: parameters === undefined ? NO_PARAMETERS : jsonSchemaOf(parameters),
      idempotent: options.idempotent ?? false,
      needsApproval: options.needsApproval ?? false,
      ...(timeoutMs !== undefined && { timeoutMs }),
      run: async (args, context) => {
        const read = await readArguments(parameters ?? NoParameters, args);
        const provider = wrapper.instance as Record<string, ToolMethod>;
        return outputOf(await provider[method]!(read as never, context));
      },
    };
  }
}

class NoParameters {}
const NO_PARAMETERS = { type: 'object', properties: {}, additionalProperties: false };

function outputOf(result: unknown): ToolOutput {
  const content = typeof result === 'string' ? result : (JSON.stringify(result) ?? '');
  return { content, isError: false };
}

function prototypeOf({ instance, metatype }: InstanceWrapper): Record<string, unknown> | undefined {
  if (typeof instance === 'object' && instance !== null) {
    return Object.getPrototypeOf(instance) as Record<string, unknown>;
  }
  // One of a request has no instance yet.
  return typeof metatype === 'function'
    ? (metatype.prototype as Record<string, unknown>)
    : undefined;
}

function inSnakeCase(name: string): string {
  return name.replace(/[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`).replace(/^_/, '');
}
