/** The project's own Markdown as HTML, with the anchors that its links name. HTML that stands in it is left out, comments among it. */
import { Marked, type Tokens } from 'marked';
import { Html, html } from './html.ts';

/** Where a link leads; null where there is nothing, so that its words stand alone. */
export type Follow = (href: string) => string | null;

/** As GitHub names a heading: small letters, digits, `_` and `-`; blanks are `-`. */
export const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

export const titleOf = (text: string): string | undefined => /^# (.+)$/m.exec(text)?.[1]?.trim();

export function markdown(text: string, follow: Follow): Html {
  const anchors = new Map<string, number>();
  const marked = new Marked({
    renderer: {
      html: () => '',
      // What may have to be scrolled is reached by the keyboard.
      code: ({ text: code }) => html`<pre tabindex="0"><code>${code}\n</code></pre>\n`.text,
      image: ({ text: words }) => html`${words}`.text,
      heading({ tokens, depth }) {
        const anchor = anchorOf(wordsOf(tokens));
        const before = anchors.get(anchor) ?? 0;
        anchors.set(anchor, before + 1);
        return html`<${tag(`h${depth}`)} id="${before > 0 ? `${anchor}-${before}` : anchor}">${new Html(this.parser.parseInline(tokens))}</${tag(`h${depth}`)}>\n`
          .text;
      },
      link({ href, tokens }) {
        const words = new Html(this.parser.parseInline(tokens));
        const target = follow(href);
        return (target === null ? words : html`<a href="${target}">${words}</a>`).text;
      },
      table(token) {
        const row = (cells: Tokens.TableCell[], name: 'th' | 'td') =>
          html`<tr>${cells.map(({ tokens }) => html`<${tag(name)}>${new Html(this.parser.parseInline(tokens))}</${tag(name)}>`)}</tr>`;
        return html`<div class="table" tabindex="0"><table><thead>${row(token.header, 'th')}</thead><tbody>${token.rows.map((cells) => row(cells, 'td'))}</tbody></table></div>\n`
          .text;
      },
    },
  });
  return new Html(marked.parse(text, { async: false }));
}

const tag = (name: string): Html => new Html(name);

/** A heading without its marks. */
const wordsOf = (tokens: readonly Tokens.Generic[]): string =>
  tokens.map((token) => (token.tokens ? wordsOf(token.tokens) : (token.text ?? token.raw))).join('');
