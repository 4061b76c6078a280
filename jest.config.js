/** ESM TypeScript through ts-jest; type errors are `npm run typecheck`'s business. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  // The sources import './x.js' as ESM wants it; under ts-jest the file is './x.ts'.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'tsconfig.json' }] },
  setupFiles: ['reflect-metadata'],
  restoreMocks: true,
};

export default {
  projects: [
    { ...shared, displayName: 'unit', rootDir: 'src', testRegex: '\\.spec\\.ts$' },
    {
      ...shared,
      ...{ displayName: 'bench', rootDir: 'bench', testRegex: '\\.spec\\.ts$' },
      transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'bench/tsconfig.json' }] },
    },
    {
      ...shared,
      ...{ displayName: 'client', rootDir: 'client/src', testRegex: '\\.spec\\.ts$' },
      transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, tsconfig: 'client/tsconfig.json' }] },
      setupFiles: [],
    },
    { ...shared, displayName: 'e2e', rootDir: 'test', testRegex: '\\.e2e-spec\\.ts$' },
  ],
  // Most end-to-end tests wait for processes and clocks, not for a core of their own.
  maxWorkers: '100%',
  testTimeout: 20_000,
};
