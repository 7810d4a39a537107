import { readdir, readFile } from 'node:fs/promises';
import { memoizeAsync } from '../../core/memoize.ts';
import { ROOT } from '../../core/version.ts';
import { type Html, headersFor, html, page, STYLE } from './html.ts';
import { markdown, titleOf } from './markdown.ts';

/** In the order in which they are read; what is not named here comes at the end. */
const CONTENTS: readonly [title: string, pages: readonly string[]][] = [
  ['Begin', ['quick-start', 'configuration']],
  [
    'Come from elsewhere',
    ['migrating', 'migrate-from-evolution', 'migrate-from-waha', 'migrate-from-cloud-api', 'migrate-from-wppconnect-server'],
  ],
  ['Run it', ['deploy', 'cli', 'operations', 'backup', 'metrics', 'security', 'privacy', 'audit', 'limits']],
  ['Use it', ['dashboard', 'http', 'linking', 'sessions', 'sends', 'media', 'chats', 'inbound', 'webhooks', 'events', 'client']],
  ['Flows', ['flows', 'flows-reference']],
  ['Change it', ['architecture']],
];

/** What may be shown of the repository besides: what a page leads to. */
const SHOWN = /\.(?:md|ts|js|py|php|go|sh|ya?ml|json|conf|service|example|Caddyfile)$|(?:^|\/)(?:Caddyfile|Dockerfile|LICENSE)$/;

/** A file of the repository: Markdown, or shown as it is. */
interface Page {
  /** In the repository: `docs/sends.md`. */
  file: string;
  title: string;
  text: string;
}

/** The documentation that comes with the hub, as pages: those of docs/, and the files of the repository that they lead to. */
export class Guide {
  readonly #root: URL;
  /** By the path below /docs. */
  readonly #pages = memoizeAsync(() => this.#read());
  readonly #written = new Map<string, string>();

  constructor(root = ROOT) {
    this.#root = root;
  }

  /** The page at this path below /docs; undefined where there is none. */
  async page(path: string): Promise<string | undefined> {
    const pages = await this.#pages();
    const found = pages.get(path);
    if (!found) return undefined;
    const text = this.#written.get(path) ?? written(path, found, pages);
    this.#written.set(path, text);
    return text;
  }

  /** The paths of all pages. */
  async paths(): Promise<string[]> {
    return [...(await this.#pages()).keys()];
  }

  async #read(): Promise<Map<string, Page>> {
    const names = (await readdir(new URL('docs/', this.#root))).filter((name) => name.endsWith('.md')).sort();
    const pages = new Map<string, Page>();
    const queue = names.map((name) => `docs/${name}`);
    for (const file of queue) {
      if (pages.has(pathOf(file))) continue;
      const text = await readFile(new URL(file, this.#root), 'utf8').catch(() => undefined);
      if (text === undefined) continue;
      pages.set(pathOf(file), { file, text, title: (file.endsWith('.md') && titleOf(text)) || file });
      // What a page of docs/ leads to is there, too, and no further.
      if (/^docs\/[^/]+\.md$/.test(file)) queue.push(...filesIn(file, text));
    }
    return pages;
  }
}

/** `docs/sends.md` is at `/docs/sends`, `examples/receivers/receiver.ts` at `/docs/examples/receivers/receiver.ts`. */
const pathOf = (file: string): string =>
  file.replace(/^docs\//, '').replace(/^([^/]+)\.md$/, (_, name: string) => (file.startsWith('docs/') ? name : `${name}.md`));

/** The file that a link of another one names; undefined for what leads out of the repository. */
function fileOf(href: string, from: string): string | undefined {
  const base = new URL(from, 'file:///');
  const target = URL.canParse(href) ? undefined : new URL(href, base);
  return target && decodeURIComponent(target.pathname.slice(1));
}

function filesIn(from: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => fileOf(href as string, from));
  return links.filter((file) => file !== undefined && SHOWN.test(file)) as string[];
}

function follow(from: string, pages: ReadonlyMap<string, Page>) {
  return (href: string): string | null => {
    // Of the hub itself, or of the world.
    if (/^(?:https?:|\/|#)/.test(href)) return href;
    const path = pathOf(fileOf(href, from) ?? '');
    const [, anchor = ''] = /(#.*)$/.exec(href) ?? [];
    return pages.has(path) ? `/docs/${path}${anchor}` : null;
  };
}

function written(path: string, { file, title, text }: Page, pages: ReadonlyMap<string, Page>): string {
  const body = file.endsWith('.md') ? markdown(text.replace(/^# .+$/m, ''), follow(file, pages)) : html`<pre tabindex="0">${text}</pre>`;
  const contents = contentsOf(path, pages);
  return page(
    title,
    html`<details class="contents"><summary>Contents</summary>${contents}</details>
<div class="guide"><nav aria-label="Contents">${contents}</nav>
<article>${body}</article></div>`,
    GUIDE_STYLE,
  );
}

function contentsOf(path: string, pages: ReadonlyMap<string, Page>): Html {
  const named = CONTENTS.flatMap(([, own]) => own);
  const rest = [...pages].flatMap(([own, { file }]) => (/^docs\/[^/]+\.md$/.test(file) && !named.includes(own) ? [own] : []));
  const link = (own: string): Html | false => {
    const found = pages.get(own);
    return found !== undefined && html`<li><a href="/docs/${own}"${own === path && html` aria-current="page"`}>${found.title}</a></li>`;
  };
  const parts: (typeof CONTENTS)[number][] = rest.length > 0 ? [...CONTENTS, ['More', rest]] : [...CONTENTS];
  return html`${parts.map(([title, own]) => html`<p>${title}</p><ul>${own.map(link)}</ul>`)}
<p>For programs</p><ul><li><a href="/docs">Every route and event</a></li><li><a href="/openapi.json">/openapi.json</a></li></ul>`;
}

const GUIDE_STYLE = `${STYLE}
body { max-width: 80rem; }
.guide { display: grid; grid-template-columns: 14rem minmax(0, 1fr); gap: var(--space-4); align-items: start; }
.guide > nav { position: sticky; top: 4.5rem; max-height: calc(100vh - 6rem); overflow: auto; padding: 4px; font-size: var(--size-1); }
:is(.guide > nav, .contents) p { margin: var(--space-2) 0 4px; color: var(--ink-soft); font-weight: 600; font-size: var(--size-0); }
.guide > nav p:first-child { margin-top: 0; }
:is(.guide > nav, .contents) ul { padding: 0; list-style: none; }
:is(.guide > nav, .contents) li { margin: 0; }
:is(.guide > nav, .contents) a { display: block; padding: 4px 12px; border-radius: var(--radius); color: inherit; text-decoration: none; }
:is(.guide > nav, .contents) a:hover { background: var(--accent-soft); }
[aria-current] { background: var(--accent-soft); color: var(--accent) !important; font-weight: 600; }
.contents { display: none; }
article { max-width: 56rem; padding: var(--space-4); border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); box-shadow: var(--shadow); }
article > :first-child { margin-top: 0; }
article > :last-child { margin-bottom: 0; }
li { margin: 4px 0; }
blockquote { margin: var(--space-2) 0; padding: 0 var(--space-2); border-left: 3px solid var(--accent); color: var(--ink-soft); }
.table { margin: var(--space-2) 0; overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: var(--size-1); }
th, td { min-width: 7rem; padding: 8px var(--space-2) 8px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: normal; }
th { color: var(--ink-soft); font-size: var(--size-0); }
td code { overflow-wrap: anywhere; }
@media (max-width: 48rem) {
  .guide { grid-template-columns: minmax(0, 1fr); }
  .guide > nav { display: none; }
  .contents { display: block; margin-bottom: var(--space-2); padding: 4px 12px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
  article { padding: var(--space-2); }
}
`;

export const GUIDE_HEADERS = headersFor(GUIDE_STYLE);
