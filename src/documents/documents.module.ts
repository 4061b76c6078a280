import { Module } from '@nestjs/common';
import { DocumentLibrary } from './document-library.js';
import { DocumentsController } from './pages/documents.controller.js';

/** The project's own documents: as pages, and for those who look something up. */
@Module({
  controllers: [DocumentsController],
  providers: [{ provide: DocumentLibrary, useFactory: () => new DocumentLibrary() }],
  exports: [DocumentLibrary],
})
export class DocumentsModule {}
