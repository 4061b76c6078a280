/** What the benchmark tells a contender, through its environment. */
export interface Settings {
  /** Where to listen, on the loopback address. */
  port: number;
  /** Base URL of the OpenAI-compatible provider. */
  upstream: string;
  /** The model to ask for. */
  model: string;
}

/** Reads the settings. Throws where one is missing, with its name. */
export function settings(): Settings {
  return {
    port: Number(variable('PORT')),
    upstream: variable('UPSTREAM'),
    model: variable('MODEL'),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

/** The clients ask for a key, the provider does not. */
export const API_KEY = 'none';

/** Tells the benchmark that requests can come. */
export function listening(): void {
  console.log('listening');
}
