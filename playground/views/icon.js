import { html } from '../lib/html.js';

/** Line drawings of 20 by 20 units. */
const PATHS = {
  plus: 'M10 4v12M4 10h12',
  menu: 'M3 5h14M3 10h14M3 15h14',
  close: 'M5 5l10 10M15 5L5 15',
  send: 'M10 16V4M5 9l5-5 5 5',
  stop: 'M6 6h8v8H6z',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  check: 'M4 10.5l4 4 8-9',
  retry: 'M15.5 8A6 6 0 1 0 16 11M16 4v4h-4',
  edit: 'M4 16l1-4 8.5-8.5 3 3L8 15z',
  fork: 'M6 4v12M6 11c6 0 8-1 8-6M4 4h4M12 5h4',
  trash: 'M4 6h12M8 6V4h4v2M6 6l1 10h6l1-10',
  image: 'M3 4h14v12H3zM3 14l4-4 3 3 3-3 4 4',
  inspect: 'M3 4h14v12H3zM12 4v12',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6L16 16M16 4l-1.4 1.4M5.4 14.6L4 16',
  tool: 'M12 4a4 4 0 0 0-4 5l-5 5 3 3 5-5a4 4 0 0 0 5-5l-2.500 2.500-2.500-.5-.5-2.500L13 4z',
  down: 'M10 4v12M5 11l5 5 5-5',
  help: 'M7.500 7.500a2.500 2.500 0 1 1 3.500 2.300c-.7.4-1 .9-1 1.700M10 14.500v.5',
  search: 'M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4M13 13l4 4',
};

/** A picture that says nothing to those who do not see it. @param {{name: keyof typeof PATHS}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`;
}
