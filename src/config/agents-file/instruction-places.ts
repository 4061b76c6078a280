/** What instructions may ask for: `{{date}}`, `{{user}}`, `{{metadata.key}}`. */
const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;
const KNOWN = /^(?:date|user|metadata\.[^{}]{1,64})$/;

/** How instructions ask for what is known only when a run begins. */
export const PLACES = '{{date}}, {{user}} and {{metadata.KEY}}';

/** The places in instructions that nothing is known to stand in. */
export function unknownPlaces(instructions: string): string[] {
  return [...instructions.matchAll(PLACE)]
    .filter(([, name]) => !KNOWN.test(name!))
    .map(([place]) => place);
}

/** Instructions with what stands in their places. What is put in is not looked through again. */
export function fillPlaces(instructions: string, valueOf: (name: string) => string): string {
  return instructions.replace(PLACE, (place, name: string) =>
    KNOWN.test(name) ? valueOf(name) : place,
  );
}
