import htm from 'htm';
import { h } from 'preact';

/** Markup in template literals, as Preact's elements. */
export const html = htm.bind(h);
