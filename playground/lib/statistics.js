/**
 * What a stream's times come to, in milliseconds.
 *
 * @typedef {object} StreamStatistics
 * @property {number | undefined} firstToken after the request was sent
 * @property {number | undefined} total
 * @property {number} texts how many events had text
 * @property {number} characters
 * @property {number} bytes
 * @property {{median: number, p95: number, longest: number} | undefined} gaps between two with text
 * @property {number[]} gapList each gap, in the order of time
 */

/**
 * @param {readonly import('agno-api-client').StreamEvent[]} events
 * @param {number} startedAt
 * @param {number | undefined} overAt
 * @returns {StreamStatistics}
 */
export function statisticsOf(events, startedAt, overAt) {
  const texts = events.filter((event) => event.chunk.content !== '' && !event.dropped);
  const gapList = texts.slice(1).map((event, at) => event.receivedAt - texts[at].receivedAt);
  const sorted = [...gapList].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return {
    firstToken: texts.length > 0 ? texts[0].receivedAt - startedAt : undefined,
    total: overAt === undefined ? undefined : overAt - startedAt,
    texts: texts.length,
    characters: texts.reduce((sum, event) => sum + event.chunk.content.length, 0),
    bytes: events.reduce((sum, event) => sum + event.bytes, 0),
    gaps: sorted.length > 0 ? { median: at(0.5), p95: at(0.95), longest: at(1) } : undefined,
    gapList,
  };
}

/**
 * How many pieces of text came in each slice of time.
 *
 * @param {readonly import('agno-api-client').StreamEvent[]} events
 * @param {number} startedAt
 * @param {number} slices
 */
export function rateOverTime(events, startedAt, slices) {
  const texts = events.filter((event) => event.chunk.content !== '' && !event.dropped);
  const end = texts.at(-1)?.receivedAt ?? startedAt;
  const width = Math.max(1, (end - startedAt) / slices);
  const counts = /** @type {number[]} */ (Array(slices).fill(0));
  for (const { receivedAt } of texts) {
    counts[Math.min(slices - 1, Math.floor((receivedAt - startedAt) / width))]++;
  }
  // Per second.
  return { rates: counts.map((count) => (count * 1000) / width), width };
}

/**
 * What the first members of the chunks are, as the old clients rely on them.
 *
 * @param {readonly import('agno-api-client').StreamEvent[]} events
 */
export function formatOf(events) {
  /** @type {Map<string, {count: number, members: Set<string>, isRight: boolean}>} */
  const kinds = new Map();
  for (const { chunk } of events) {
    const name = chunk.done ? 'last' : (chunk.type ?? 'text');
    const members = Object.keys(chunk);
    const kind = kinds.get(name) ?? { count: 0, members: new Set(), isRight: true };
    kind.count++;
    for (const member of members) kind.members.add(member);
    kind.isRight &&= members.slice(0, 3).join() === 'content,done,model';
    kinds.set(name, kind);
  }
  return [...kinds].map(([name, kind]) => ({ name, ...kind, members: [...kind.members] }));
}
