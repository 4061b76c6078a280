import eslint from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * The direction of the house: which folders of `src/` a folder may import. What is not listed is
 * refused. Types only: `wire` of `runs`, so that an encoder never starts to work for a run; `runs`
 * and `sessions` of `models`, whose words (usage, messages) they keep.
 */
const MAY_IMPORT = {
  config: [],
  playground: [],
  logging: ['config'],
  http: ['config', 'logging'],
  storage: ['config', 'logging', 'http'],
  schemas: [],
  documents: ['config', 'logging', 'http'],
  runs: ['storage', 'config', 'logging', 'http'],
  models: ['documents', 'schemas', 'config', 'logging', 'http'],
  tools: ['documents', 'config', 'logging', 'http'],
  sessions: ['wire', 'runs', 'storage', 'config', 'logging', 'http'],
  wire: ['http'],
  agent: ['runs', 'models', 'tools', 'sessions', 'schemas', 'storage', 'config', 'logging', 'http'],
  health: ['runs', 'models', 'tools', 'storage', 'config', 'logging', 'http'],
  chat: ['wire', 'agent', 'runs', 'models', 'tools', 'sessions', 'config', 'logging', 'http'],
};
const TYPES_ONLY = { wire: ['runs'], runs: ['models'], sessions: ['models'] };

/** Technologies that stay inside their adapters: the folders that may import them. */
const INSIDE_ADAPTERS = {
  '@modelcontextprotocol/client': ['src/tools/mcp'],
  'better-sqlite3': ['src/storage/sqlite'],
  ajv: ['src/schemas', 'src/models/offline/schema'],
  'ajv-formats': ['src/schemas', 'src/models/offline/schema'],
  cockatiel: ['src/models/circuit'],
  'csv-parse': ['src/tools'],
  'github-slugger': ['src/documents'],
  'gpt-tokenizer': ['src/models'],
  'html-to-text': ['src/tools'],
  'ipaddr.js': ['src/tools'],
  'json-schema-faker': ['src/models/offline/schema'],
  kysely: ['src/storage', 'src/runs/sql', 'src/sessions/sql'],
  marked: ['src/documents'],
  mathjs: ['src/tools'],
  minisearch: ['src/documents/search'],
  openai: ['src/models/openai'],
  stemmer: ['src/documents/search'],
  yaml: ['src/config'],
};

const folders = Object.keys(MAY_IMPORT);
const adapters = [...new Set(Object.values(INSIDE_ADAPTERS).flat())];
const isWithin = (place, home) => `${place}/`.startsWith(`${home}/`);

/** What may not be imported in a folder of `src/`, or in a place within it. */
const refusals = (folder, place) => {
  const typesOnly = TYPES_ONLY[folder] ?? [];
  const refused = folders.filter(
    (other) => other !== folder && ![...MAY_IMPORT[folder], ...typesOnly].includes(other),
  );
  const outside = (names) => `^(\\.\\./)+(${names.join('|')})/`;
  return {
    files: [`${place}/**/*.ts`],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: outside(refused),
              message: `Imports run downward: ${folder}/ may use ${MAY_IMPORT[folder].join(', ') || 'nothing of ours'}.`,
            },
            ...(typesOnly.length > 0
              ? [{ regex: outside(typesOnly), allowTypeImports: true, message: 'Types only.' }]
              : []),
            ...Object.entries(INSIDE_ADAPTERS)
              .filter(([, homes]) => !homes.some((home) => isWithin(place, home)))
              .map(([name, homes]) => ({
                regex: `^${name}(/|$)`,
                message: `${name} stays inside ${homes.join(', ')}.`,
              })),
          ],
        },
      ],
    },
  };
};

// Of the rules for one file the last counts: the adapters' after those of their folder.
const direction = folders.flatMap((folder) => [
  refusals(folder, `src/${folder}`),
  ...adapters
    .filter((place) => place !== `src/${folder}` && isWithin(place, `src/${folder}`))
    .map((place) => refusals(folder, place)),
]);

export default tseslint.config(
  { ignores: ['dist/', 'client/dist/', 'coverage/', 'data/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/explicit-member-accessibility': ['error', { accessibility: 'no-public' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      // A port is asynchronous whatever its adapter has to wait for.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message:
            'The environment is read in src/config, and handed to it by main.ts or backup.ts.',
        },
      ],
    },
  },
  {
    files: ['src/main.ts', 'src/backup.ts', 'src/config/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  ...direction,
  {
    files: ['bench/**/*.ts'],
    languageOptions: { parserOptions: { project: './bench/tsconfig.json' } },
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['client/**/*.ts'],
    languageOptions: { parserOptions: { project: './client/tsconfig.json' } },
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Generated.
    files: ['client/src/api/schema.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // The page: JavaScript as the browser gets it, its types checked by tsc.
    files: ['playground/**/*.js'],
    languageOptions: { globals: globals.browser },
  },
  {
    // Their packages are installed for the benchmark only: where they are not, there are no types.
    files: ['bench/peers/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
  {
    // Configuration of nest-cli, jest and eslint, and what tests start: plain Node.
    files: ['*.js', 'test/support/**/*.mjs', 'client/*.mjs'],
    languageOptions: { globals: globals.node },
  },
);
