import { counted, formatMs } from '../lib/format.js';
import { faultOf } from '../lib/problems.js';
import { loadCatalog, models } from './catalog.js';
import { client } from './client.js';
import { connectionTest } from './connection.js';

/** Asks the service how it is, and how long a small request takes. */
export async function testConnection() {
  connectionTest.value = { state: 'running', text: 'Testing …' };
  try {
    const from = performance.now();
    const health = await client.health();
    const took = performance.now() - from;
    await loadCatalog();
    const usable = models.value.filter((model) => model.available).length;
    const isGood = health.status === 'ok';
    const parts = Object.entries(health.error ?? {})
      .map(([part]) => part)
      .join(', ');
    const text = isGood
      ? `Healthy. Answered in ${formatMs(took)}; ${counted(usable, 'model')} of ${models.value.length} available.`
      : `Answered in ${formatMs(took)}, but is not ready: ${parts || health.status}.`;
    connectionTest.value = { state: isGood ? 'good' : 'bad', text };
  } catch (error) {
    const { title, detail = '' } = faultOf(error);
    connectionTest.value = { state: 'bad', text: `${title}. ${detail}` };
  }
}
