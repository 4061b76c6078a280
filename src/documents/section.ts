/** A part of a document under one heading, its parts under deeper headings left out. */
export interface Section {
  /** Where it stands: a path of this service, with the fragment that leads to its heading. */
  readonly link: string;
  /** Its heading. */
  readonly title: string;
  /** The headings above it, the title of the document first. */
  readonly above: readonly string[];
  /** What it says, in the order in which it says it. */
  readonly passages: readonly Passage[];
}

/** The smallest piece that can be quoted: a paragraph, an item of a list, a row of a table. */
export interface Passage {
  /** As Markdown, with links that hold wherever it is quoted. */
  readonly markdown: string;
  /** The code that follows it, as Markdown: the example to what it says. */
  readonly example?: string;
}
