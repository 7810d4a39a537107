import { createHash } from 'node:crypto';
import test from 'ava';
import { docsPage } from '../../src/http/pages/docs.ts';
import { html, prose } from '../../src/http/pages/html.ts';
import { type Hub, startHub } from '../helpers/hub.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub();
});
test.after.always(() => hub?.dispose());

const get = async (path: string) => {
  const answer = await fetch(hub.base + path);
  return { answer, text: await answer.text() };
};

for (const path of ['/docs']) {
  test(`${path} is a page that needs no key, and loads and runs nothing`, async (t) => {
    const { answer, text } = await get(path);
    t.is(answer.status, 200);
    t.is(answer.headers.get('content-type'), 'text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy') ?? '';
    t.regex(policy, /^default-src 'none'; style-src 'sha256-[^' ]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
    const style = /<style>([^<]*)</.exec(text)?.[1] ?? '';
    t.true(policy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`), 'and its own style is let through');
    t.notRegex(text, /<script|\ssrc=|@import|url\(|\son\w+=|<link|<iframe/i);
    for (const [, target] of text.matchAll(/href="([^"]*)"/g)) t.regex(target as string, /^[/#](?!\/)/, 'it leads nowhere else');
  });
}

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
