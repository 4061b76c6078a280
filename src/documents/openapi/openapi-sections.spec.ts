import { describe, expect, it } from '@jest/globals';
import { openApiSections } from './openapi-sections.js';

describe('openApiSections', () => {
  it('makes a section of each operation and schema, with pointers that lead to them', () => {
    const document = {
      paths: {
        '/runs/{id}': {
          get: {
            summary: 'A run',
            description: 'And its text.',
            parameters: [{ name: 'id', description: 'Which one.' }, { name: 'limit' }],
            responses: { '200': { description: 'It.' }, '204': {} },
          },
        },
      },
      components: {
        schemas: {
          Run: {
            description: 'One run.',
            properties: { state: { description: 'How it stands.' } },
          },
          Empty: {},
        },
      },
    };
    expect(openApiSections(document, '/openapi.json')).toEqual([
      {
        link: '/openapi.json#/paths/~1runs~1%7Bid%7D/get',
        title: 'GET /runs/{id}',
        above: ['OpenAPI document'],
        passages: [
          { markdown: 'A run' },
          { markdown: 'And its text.' },
          { markdown: '**`id`** – Which one.' },
          { markdown: '**`200`** – It.' },
        ],
      },
      {
        link: '/openapi.json#/components/schemas/Run',
        title: 'Run',
        above: ['OpenAPI document'],
        passages: [{ markdown: 'One run.' }, { markdown: '**`state`** – How it stands.' }],
      },
    ]);
  });

  it('has nothing of a document without any', () => {
    expect(openApiSections({ paths: {} }, '/openapi.json')).toEqual([]);
  });
});
