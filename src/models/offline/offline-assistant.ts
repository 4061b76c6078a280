import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { DocumentLibrary } from '../../documents/document-library.js';
import { createOfflineFetch, type Fetch } from './offline-fetch.js';

/** The provider of `offline/assistant`, at the pace that the settings name. */
@Injectable()
export class OfflineAssistant {
  /** Answers as an OpenAI-compatible endpoint does, without leaving the process. */
  readonly fetch: Fetch;

  constructor(documents: DocumentLibrary, { offlineWordDelayMs }: Settings) {
    this.fetch = createOfflineFetch({ documents, wordDelayMs: offlineWordDelayMs });
  }
}
