/**
 * The environment or a configuration file is wrong. Each fault is one readable line that names the
 * place, what was found and what is allowed; none holds a secret. All faults are there, not only
 * the first, so that an operator mends them in one go.
 */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'ConfigError';
  }
}
