import { Settings } from '../../../config/settings.js';
import { DocumentLibrary } from '../../../documents/document-library.js';
import { OfflineAssistant } from '../offline-assistant.js';

/** The offline assistant on the project's own documents, without a pause between its words. */
export function offlineAssistant(): OfflineAssistant {
  return new OfflineAssistant(new DocumentLibrary(), new Settings({ offlineWordDelayMs: 0 }));
}
