import { Module } from '@nestjs/common';
import { DocumentLibrary } from './document-library.js';

/** The project's own documents, for those who look something up in them. */
@Module({
  providers: [{ provide: DocumentLibrary, useFactory: () => new DocumentLibrary() }],
  exports: [DocumentLibrary],
})
export class DocumentsModule {}
