import { AgnoClient } from 'agno-api-client';
import { reachability } from './connection.js';
import { wire } from './wire.js';

/** The one client of the page: the service that it came from, each request seen by the inspector. */
export const client = new AgnoClient({
  fetch: async (input, init) => {
    const told = wire.sending(String(input), init);
    try {
      const response = await fetch(input, init);
      reachability.value = 'reached';
      told?.answered(response);
      return response;
    } catch (error) {
      const wasAborted = init?.signal?.aborted === true;
      if (!wasAborted) reachability.value = 'away';
      told?.failed(wasAborted ? 'closed by the page' : String(error));
      throw error;
    }
  },
});
