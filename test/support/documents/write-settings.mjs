// Writes the table of settings in docs/configuration.md; wants a build: `npm run docs:settings`.
import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { EnvironmentVariables } from '../../../dist/config/environment/environment-variables.js';
import { allowedOf } from '../../../dist/config/files/entry.js';
import { settingsTable, withSettings } from './settings-table.ts';

const root = new URL('../../../', import.meta.url);
const page = new URL('docs/configuration.md', root);
const source = new URL('src/config/environment/environment-variables.ts', root);
const table = settingsTable(readFileSync(source, 'utf8'), (name) =>
  allowedOf(EnvironmentVariables, name),
);
writeFileSync(page, withSettings(readFileSync(page, 'utf8'), table));
