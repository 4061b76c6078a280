import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsNotEmpty, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { DocumentFolder } from '../../documents/document-folder.js';
import { Tool } from '../decorated/tool.decorator.js';
import { ToolError } from '../tool-error.js';
import type { ToolContext } from '../tool.js';

/** The documentation of the service: as far up from `src/` as from `dist/`. */
const OWN_DOCUMENTS = fileURLToPath(new URL('../../../docs', import.meta.url));

const USUAL_PASSAGES = 5;
const MOST_PASSAGES = 20;

/** How many names are told where a document is not there. */
const MOST_NAMES = 50;

class SearchArguments {
  @ApiProperty({ description: 'A question, or the words to look for.' })
  @MaxLength(1000)
  @IsNotEmpty()
  @IsString()
  query: string;

  @ApiPropertyOptional({ default: USUAL_PASSAGES, description: 'Most passages to answer with.' })
  @IsOptional()
  @Max(MOST_PASSAGES)
  @Min(1)
  @IsInt()
  limit?: number;
}

class ReadArguments {
  @ApiProperty({ description: 'A file as search_documents names it, such as guides/setup.md.' })
  @MaxLength(1000)
  @IsNotEmpty()
  @IsString()
  path: string;
}

/**
 * Tools that look into the folder of Markdown that an agent names under `documents`, or into the service's
 * own documentation.
 */
@Injectable()
export class DocumentTools {
  /** By their paths: agents may share one. */
  readonly #folders = new Map<string, DocumentFolder>();

  @Tool({
    description:
      'Searches the documents. Answers with the passages that fit best, each with its file and section as file.md#section.',
    parameters: SearchArguments,
    idempotent: true,
  })
  async searchDocuments(
    { query, limit = USUAL_PASSAGES }: SearchArguments,
    context: ToolContext,
  ): Promise<string> {
    const findings = await this.#folderOf(context).find(query);
    if (findings.length === 0) return 'No passage has any of these words.';
    return findings
      .slice(0, limit)
      .map(({ section: { link, title, above }, passage: { markdown, example } }) => {
        const where = [...above, title].join(' > ');
        return [`[${link}] ${where}`, markdown, ...(example === undefined ? [] : [example])].join(
          '\n',
        );
      })
      .join('\n\n---\n\n');
  }

  @Tool({
    description: 'Reads a whole document.',
    parameters: ReadArguments,
    idempotent: true,
  })
  async readDocument({ path }: ReadArguments, context: ToolContext): Promise<string> {
    const folder = this.#folderOf(context);
    // A citation names a section as well.
    const [name = ''] = path.split('#', 1);
    const text = await folder.read(name.replace(/^\.?\//, ''));
    if (text !== undefined) return text;
    const names = await folder.names();
    const told = names.slice(0, MOST_NAMES).join(', ');
    const more = names.length > MOST_NAMES ? `, and ${names.length - MOST_NAMES} more` : '';
    throw new ToolError(`There is no document ${JSON.stringify(name)}. There are: ${told}${more}.`);
  }

  #folderOf({ agent }: ToolContext): DocumentFolder {
    const { documents = OWN_DOCUMENTS } = agent;
    const known = this.#folders.get(documents);
    if (known !== undefined) return known;
    const folder = new DocumentFolder(documents);
    this.#folders.set(documents, folder);
    return folder;
  }
}
