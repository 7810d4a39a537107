import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { DIALECT_PAGES, withCalls } from '../../docs/dialects.ts';
import { HTTP_PAGE, TOKENS_SOURCE, tokensSource, withCodes } from '../../docs/generate.ts';
import { docsPage } from '../../src/http/pages/docs.ts';
import { html, prose } from '../../src/http/pages/html.ts';
import { anchorOf, markdown } from '../../src/http/pages/markdown.ts';
import { type Hub, startHub } from '../helpers/hub.ts';

const ROOT = new URL('../../', import.meta.url);
const DOCS = new URL('docs/', ROOT);

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

const get = async (path: string) => {
  const answer = await fetch(hub.base + path);
  return { answer, text: await answer.text() };
};

for (const path of ['/docs', '/docs/quick-start']) {
  test(`${path} is a page that needs no key, and loads and runs nothing`, async (t) => {
    const { answer, text } = await get(path);
    t.is(answer.status, 200);
    t.is(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy') ?? '';
    // The interface may be tried out: by a file of the hub, on the hub.
    const more = path === '/docs' ? "script-src 'self'; connect-src 'self'; " : '';
    t.regex(
      policy,
      /^default-src 'none'; style-src 'sha256-[^' ]+'; (?:script-src 'self'; connect-src 'self'; )?base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    t.is(policy.includes("script-src 'self'; connect-src 'self'; "), more !== '');
    const style = /<style>([^<]*)</.exec(text)?.[1] ?? '';
    t.true(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`), 'and its own style is let through');
    t.notRegex(text.replace('<script src="/docs.js" defer></script>', ''), /<script|\ssrc=|@import|url\(|\son\w+=|<link|<iframe/i);
    const away = path === '/docs/quick-start' ? /^(?:https?:\/)?[/#]/ : /^[/#](?!\/)/;
    for (const [, target] of text.matchAll(/href="([^"]*)"/g)) t.regex(target as string, away, 'it leads nowhere else');
  });
}

test('docs/http.md has every code ("node docs/generate.ts" writes them)', async (t) => {
  const page = await readFile(HTTP_PAGE, 'utf8');
  t.is(page, withCodes(page));
  for (const each of DIALECT_PAGES) {
    const told = await readFile(each, 'utf8');
    t.is(told, withCalls(each, told));
  }
});

test('the pages have the tokens of the dashboard ("node docs/generate.ts" writes them)', async (t) => {
  t.is(await readFile(TOKENS_SOURCE, 'utf8'), await tokensSource());
});

test('/docs shows every route, every event and every shape, and every link in it leads somewhere', async (t) => {
  const { text } = await get('/docs');
  const document = JSON.parse((await get('/openapi.json')).text);
  const shown = [...text.matchAll(/<summary><b>(\w+)<\/b> <code>([^<]+)<\/code>/g)].map(([, method, path]) => `${method} ${path}`);
  const told = Object.entries({ ...document.paths, ...document.webhooks }).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.deepEqual(shown.sort(), told.sort());
  const places = new Set([...text.matchAll(/id="([^"]+)"/g)].map(([, id]) => id));
  for (const name of Object.keys(document.components.schemas)) t.true(places.has(`schema-${name}`), name);
  for (const [, place] of text.matchAll(/href="#([^"]+)"/g)) t.true(places.has(place as string), place);
});

test('what comes from a document is text, whatever signs are in it', (t) => {
  const evil = '<img src=x onerror="alert(1)">&\'';
  const operation = {
    summary: evil,
    description: evil,
    tags: [evil],
    parameters: [{ name: evil, in: evil, schema: { enum: [evil], description: evil, default: evil } }],
    requestBody: { content: { [evil]: { schema: { properties: { [evil]: { $ref: evil } } }, example: { [evil]: evil } } } },
    responses: { [evil]: { description: evil } },
  };
  const text = docsPage({ info: { title: evil, version: evil, description: evil }, paths: { [evil]: { get: operation } } });
  t.false(text.includes('<img'));
  t.true(text.includes('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;&#39;'));
});

test('prose marks what stands between backticks', (t) => {
  t.is(html`<p>${prose('Say `a<b` and `c`.')}</p>`.text, '<p>Say <code>a&lt;b</code> and <code>c</code>.</p>');
});

test('/docs and the pages of docs/ lead to each other', async (t) => {
  for (const path of ['/docs', '/docs/sends']) {
    const { text } = await get(path);
    for (const other of ['/docs', '/docs/quick-start']) t.true(text.includes(`href="${other}"`), `${path} → ${other}`);
  }
});

test('from /docs/quick-start every page of docs/ is reached, and every link on each of them leads to a page, and to a place on it', async (t) => {
  const seen = new Map<string, string>();
  const queue = ['/docs/quick-start'];
  const linksIn = (text: string) =>
    [...text.matchAll(/href="(\/docs\/[^"]*|#[^"]+)"/g)].map(([, href]) => href?.replaceAll('&#39;', "'") as string);
  for (const path of queue) {
    if (seen.has(path)) continue;
    const { answer, text } = await get(path);
    t.is(answer.status, 200, path);
    seen.set(path, text);
    queue.push(...linksIn(text).flatMap((href) => (href.startsWith('#') ? [] : [href.replace(/#.*/, '')])));
  }
  for (const [path, text] of seen) {
    for (const href of linksIn(text)) {
      const [page = '', anchor] = (href.startsWith('#') ? path + href : href).split('#');
      if (anchor !== undefined) t.true(seen.get(page)?.includes(`id="${decodeURIComponent(anchor)}"`), `${path}: ${href}`);
    }
  }
  const pages = (await readdir(DOCS)).filter((name) => name.endsWith('.md')).map((name) => `/docs/${name.replace(/\.md$/, '')}`);
  t.deepEqual(
    pages.filter((path) => !seen.has(path)),
    [],
  );
  t.is((await get('/docs/examples/receivers/receiver.ts')).answer.status, 200, 'and what they lead to');
  for (const path of ['nothing', '../package.json', '..%2fpackage.json', 'package.json', 'src/main.ts']) {
    t.is((await get(`/docs/${path}`)).answer.status, 404, path);
  }
});

test('every link of README.md and of docs/ leads to what is in the repository, and to a heading that is there', async (t) => {
  const files = ['README.md', ...(await readdir(DOCS)).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  const textOf = (file: string) => readFile(new URL(file, ROOT), 'utf8').catch(() => undefined);
  for (const file of files) {
    const links = [...((await textOf(file)) ?? '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, href]) => href as string);
    for (const href of links.filter((one) => !/^(?:https?:|\/)/.test(one))) {
      const { pathname, hash } = new URL(href, new URL(file, 'file:///'));
      const text = await textOf(pathname.slice(1));
      t.not(text, undefined, `${file}: ${href}`);
      if (hash === '' || text === undefined) continue;
      const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf((heading as string).replaceAll(/[`*]/g, '')));
      t.true(anchors.includes(decodeURIComponent(hash.slice(1))), `${file}: ${href}`);
    }
  }
});

test('Markdown becomes HTML in which nothing of it runs', (t) => {
  const evil =
    '# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) `<b>` <i>x</i> | a |\n\n| <u> |\n| --- |\n| <s>y</s> |\n';
  const { text } = markdown(evil, (href) => (href.startsWith('https:') ? href : null));
  t.notRegex(text, /<(?:script|img|i|u|s|b)\b|javascript:/);
  t.true(text.includes('&lt;b&gt;'));
});
