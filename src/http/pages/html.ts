import { createHash } from 'node:crypto';
import { DARK, LIGHT } from './tokens.ts';

/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | false | null | undefined | readonly Part[];

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function written(part: Part): string {
  if (part instanceof Html) return part.text;
  if (part === undefined || part === null || part === false) return '';
  if (typeof part === 'object') return part.map(written).join('');
  return String(part).replace(/[&<>"']/g, (sign) => ESCAPES[sign] as string);
}

/** What stands in the template is HTML; every value is text and is escaped, unless it is `Html`. */
export function html(texts: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(texts.map((text, index) => text + written(parts[index])).join(''));
}

/** Words with `code` among them. */
export const prose = (text = ''): Html =>
  html`${text.split('`').map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : piece))}`;

/** By the tokens of the dashboard; light or dark as the browser is. */
export const STYLE = `
:root {${LIGHT}}
@media (prefers-color-scheme: dark) { :root {${DARK}} }
*, ::before, ::after { box-sizing: border-box; }
html { background: var(--ground); scroll-padding-top: 4.5rem; }
body { max-width: 64rem; margin: 0 auto; padding: 0 var(--space-2) var(--space-5); color: var(--ink); font: var(--size-2)/1.6 var(--font); overflow-wrap: anywhere; }
.top { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: var(--space-1) var(--space-3); align-items: center; margin: 0 calc(-1 * var(--space-2)) var(--space-4); padding: 12px var(--space-2); border-bottom: 1px solid var(--line); background: var(--ground); }
.top nav { display: flex; flex-wrap: wrap; gap: 0 var(--space-2); font-size: var(--size-1); }
h1 { margin: 0 0 var(--space-2); font-size: var(--size-4); line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: var(--space-4) 0 var(--space-2); font-size: var(--size-3); line-height: 1.3; }
h3 { margin: var(--space-4) 0 var(--space-1); font-size: 17px; line-height: 1.3; }
h4 { margin: var(--space-3) 0 var(--space-1); font-size: var(--size-1); }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 3px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
summary { padding: 4px 0; cursor: pointer; }
.inside { margin-left: var(--space-2); }
code, pre { font-family: var(--mono); font-size: .9em; }
pre { overflow: auto; margin: var(--space-1) 0; padding: 12px var(--space-2); border: 1px solid var(--line); border-radius: var(--radius); background: var(--ground); line-height: 1.5; overflow-wrap: normal; }
ul { margin: 4px 0; padding-left: 20px; }
.about { color: var(--ink-soft); }
@media (max-width: 40rem) { .top { position: static; } }
`;

/** A page of these loads and runs nothing but what `more` says: not from elsewhere, and no script either. The hash lets its own style through. */
export const headersFor = (style: string, more: readonly string[] = []): Record<string, string> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    ...more,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
});

export const page = (title: string, body: Html, style = STYLE): string =>
  html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Html(style)}</style>
<header class="top"><b>Hookline</b>
<nav aria-label="Pages"><a href="/docs/quick-start">Documentation</a> <a href="/docs">HTTP interface</a> <a href="/">Hub</a></nav></header>
<main>
<h1>${title}</h1>
${body}
</main>
</html>
`.text;
