import GithubSlugger from 'github-slugger';
import { Marked, type Tokens } from 'marked';
import { headingText } from '../markdown/heading-text.js';

const STYLE = `
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.6 system-ui, sans-serif; color: #1c1e21; }
pre, code { font: 0.875em/1.5 ui-monospace, monospace; background: #f4f5f7; border-radius: 4px; }
code { padding: 0.1em 0.3em; } pre { padding: 0.8em 1em; overflow-x: auto; } pre code { padding: 0; }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: 0.9em; }
th, td { padding: 0.4em 0.7em; border: 1px solid #d8dbe0; text-align: left; vertical-align: top; }
img { max-width: 100%; } a { color: #0b5cad; } nav { font-size: 0.9em; }
:target { scroll-margin-top: 1rem; background: #fff6d6; }
@media (prefers-color-scheme: dark) {
  body { color: #e4e6eb; background: #18191a; } pre, code { background: #26282b; }
  th, td { border-color: #45484d; } a { color: #7cb8ff; } :target { background: #4a4012; } img { background: #fff; }
}`.trim();

/** A Markdown document as a page; its headings have the anchors that GitHub gives them. */
export function documentPage(markdown: string, name: string): string {
  const slugger = new GithubSlugger();
  const marked = new Marked({
    renderer: {
      heading(heading: Tokens.Heading): string {
        const inner = this.parser.parseInline(heading.tokens);
        const id = slugger.slug(headingText(heading));
        return `<h${heading.depth} id="${id}">${inner}</h${heading.depth}>\n`;
      },
      // The documents have comments alone: marks for those who run their examples.
      html: () => '',
    },
  });
  const body = marked.parse(markdown, { async: false });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name} · Agno API</title>
<style>${STYLE}</style>
<nav><a href="/README.md">README</a> · <a href="/docs/README.md">Documentation</a> · <a href="/docs">API</a></nav>
${body}</html>
`;
}
