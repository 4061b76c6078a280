import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseMarkdown, type Link, type MarkdownDocument, type Table } from './markdown.js';

/** The project. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A Markdown document of the project. */
export interface MarkdownFile extends MarkdownDocument {
  /** From the project's folder: `docs/models.md`. */
  path: string;
}

/** Reads one document. @param path from the project's folder */
export function readMarkdown(path: string): MarkdownFile {
  return { path, ...parseMarkdown(readFileSync(join(ROOT, path), 'utf8')) };
}

/** All documents: those beside the README, and those of `docs/`. */
export function markdownFiles(): MarkdownFile[] {
  const within = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => readMarkdown(join(folder, name)));
  return [...within('.'), ...within('docs')];
}

/** The table of a document whose first column is headed so. */
export function tableOf({ path, tables }: MarkdownFile, head: string): Table {
  const table = tables.find((one) => one.head[0] === head);
  if (table === undefined) throw new Error(`${path} has no table that is headed "${head}".`);
  return table;
}

/** What stands as code in the first column of a table. */
export function codesOf({ rows }: Table): string[] {
  return rows.flatMap(([first]) => [...first!.matchAll(/`([^`]+)`/g)].map(([, code]) => code!));
}

/** The links of a document that lead nowhere: to no file, or to no heading of it. */
export function deadLinks({ path, links }: MarkdownFile): string[] {
  const inside = links.filter(({ target }) => !/^[a-z]+:/.test(target));
  return inside
    .filter((link) => !leadsSomewhere(path, link))
    .map(({ target, line }) => `${path}:${line}: ${target}`);
}

function leadsSomewhere(from: string, { target }: Link): boolean {
  const [file = '', anchor] = target.split('#');
  const place = file === '' ? join(ROOT, from) : join(ROOT, dirname(from), file);
  if (!existsSync(place)) return false;
  return anchor === undefined || readMarkdown(relative(ROOT, place)).anchors.has(anchor);
}

/** The paths of a tree that is drawn by indentation, each name followed by what it is. */
export function pathsOfTree(tree: string): string[] {
  const above: string[] = [];
  return tree.split('\n').map((line) => {
    const [, indentation = '', name = ''] = /^( *)(\S+)/.exec(line) ?? [];
    above.splice(indentation.length / 2, Infinity, name.replace(/\/$/, ''));
    return above.join('/');
  });
}
