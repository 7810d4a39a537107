import { createHash } from 'node:crypto';

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

export const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
nav a { margin-right: 1rem; }
summary { cursor: pointer; padding: .3rem 0; }
summary b { display: inline-block; width: 5rem; }
details details, .inside { margin-left: 1.25rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { overflow: auto; padding: .75rem; border: 1px solid #8886; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
.about { opacity: .75; }
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
<nav aria-label="Pages"><a href="/docs/quick-start">Documentation</a> <a href="/docs">HTTP interface</a> <a href="/">Hub</a></nav>
<h1>${title}</h1>
${body}
</html>
`.text;
