import type { RunEvent } from './run-event.js';

/** What an event without text counts for: a chunk's frame on the wire. */
const FRAME = 100;

/** Roughly how much an event takes, in UTF-16 code units: what bounds a page of events. */
export function eventSize(event: RunEvent): number {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return FRAME + event.text.length;
    case 'tool_call_delta':
      return FRAME + event.toolCall.argumentsDelta.length;
    case 'tool_call':
      return FRAME + JSON.stringify(event.toolCall.arguments ?? null).length;
    case 'tool_result':
      return FRAME + event.toolResult.content.length;
    case 'tool_progress':
      return FRAME + (event.toolProgress.message ?? '').length;
    case 'approval_required':
      return FRAME + JSON.stringify(event.approvals).length;
    case 'approval_decided':
      return FRAME + JSON.stringify(event.decisions).length;
    default:
      return FRAME;
  }
}
