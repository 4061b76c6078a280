import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { RouteNotFoundError } from '../../http/routes.js';
import { DocumentLibrary } from '../document-library.js';
import { documentPage } from './document-page.js';

/** The documents as pages, so that what quotes them can link to them. */
@ApiExcludeController()
@Controller()
export class DocumentsController {
  constructor(private readonly library: DocumentLibrary) {}

  @Get([':name.md', 'docs/:name.md', 'docs/benchmarks/:name.svg', 'LICENSE'])
  async page(@Req() request: Request, @Res() response: Response): Promise<void> {
    const name = request.path.slice(1);
    const text = await this.library.read(name);
    if (text === undefined) throw new RouteNotFoundError(request.method, request.path);
    response.set('Cache-Control', 'no-cache');
    if (name.endsWith('.md')) response.type('html').send(documentPage(text, name));
    else response.type(name.endsWith('.svg') ? 'svg' : 'text/plain').send(text);
  }
}
