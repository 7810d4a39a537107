import { BEGINNINGS, codeSamples } from './code-samples.ts';
import { type Html, headersFor, html, page, prose, STYLE } from './html.ts';
import { type Schema, schemaList } from './schema.ts';

interface Content {
  [type: string]: { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
}

interface Response {
  $ref?: string;
  description: string;
  content?: Content;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  example?: string;
  schema?: Schema;
}

interface Operation {
  operationId?: string;
  security?: object[];
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses?: Record<string, Response>;
}

/** As much of an OpenAPI document as the page shows. */
interface Document {
  info: { title: string; version: string; description?: string };
  paths?: Record<string, Record<string, Operation>>;
  webhooks?: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema>; responses?: Record<string, Response> };
}

/** An OpenAPI document, to be read: every route by its first word, every event, every shape that they name. */
export function docsPage(document: object): string {
  const { info, paths = {}, webhooks = {}, components } = document as Document;
  const routes = operationsOf(paths, components?.responses);
  const tags = [...new Set(routes.map(({ tag }) => tag))];
  return page(
    `${info.title} ${info.version}`,
    html`<p>${prose(info.description)}</p>
<p>Keys go into <code>Authorization: Bearer KEY</code> or <code>X-Api-Key: KEY</code>. For programs:
<a href="/openapi.json">/openapi.json</a>, the events in AsyncAPI at <a href="/asyncapi.json">/asyncapi.json</a>, a collection for Postman at <a href="/postman.json">/postman.json</a></p>
<p data-key hidden><label>Your key, to try what is here on this hub; it is kept nowhere<br><input id="key" type="password" autocomplete="off" spellcheck="false"></label></p>
<details><summary>What the samples in JavaScript and Python begin with</summary>${Object.entries(BEGINNINGS).map(([language, code]) => html`<p class="about">${language}</p><pre tabindex="0">${code}</pre>`)}</details>
<nav class="parts" aria-label="Parts">${tags.map((tag) => html`<a href="#${tag}">${tag}</a> `)}<a href="#events">webhooks and events</a> <a href="#schemas">schemas</a></nav>
${tags.map((tag) => html`<h2 id="${tag}">${tag}</h2>${routes.filter((route) => route.tag === tag).map(operation)}`)}
<h2 id="events">webhooks and events</h2>
${operationsOf(webhooks).map(operation)}
<h2 id="schemas">schemas</h2>
${Object.entries(components?.schemas ?? {}).map(([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>${schemaList(schema)}`)}
<script src="/docs.js" defer></script>`,
    DOCS_STYLE,
  );
}

interface Told extends Operation {
  method: string;
  path: string;
  tag: string;
}

function operationsOf(paths: NonNullable<Document['paths']>, shared: Record<string, Response> = {}): Told[] {
  // What many share is told in a word; the problem that it answers with is among the shapes.
  const whole = (response: Response): Response => {
    const { description } = shared[response.$ref?.split('/').at(-1) ?? ''] ?? {};
    return description === undefined ? response : { description };
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => ({
      ...told,
      responses: Object.fromEntries(Object.entries(told.responses ?? {}).map(([status, response]) => [status, whole(response)])),
      method: method.toUpperCase(),
      path,
      tag: told.tags?.[0] ?? 'operations',
    })),
  );
}

function operation(told: Told): Html {
  const { method, path, summary, description, parameters = [], requestBody, responses = {} } = told;
  const isRoute = told.operationId !== undefined && told.path.startsWith('/');
  return html`<details class="route ${method.toLowerCase()}"><summary><b>${method}</b> <code>${path}</code> <span class="about">${prose(summary)}</span></summary><div class="inside">
<p>${prose(description)}</p>
${isRoute && tryOut(told)}
${
  parameters.length > 0 &&
  html`<h4>Parameters</h4><ul>${parameters.map(
    ({ name, in: place, required, schema, description: about }) =>
      html`<li><code>${name}</code> <span class="about">${place}${required && ', required'}</span>${about !== schema?.description && html`<div class="about">${prose(about)}</div>`}${schema && schemaList(schema)}</li>`,
  )}</ul>`
}
${requestBody && html`<h4>Body</h4>${content(requestBody.content)}`}
${isRoute && samplesOf(told)}
<h4>Answers</h4>
${Object.entries(responses).map(([status, { description: what, content: told }]) => html`<p><b>${status}</b> ${what !== undefined && what !== summary && prose(what)}</p>${told && content(told)}`)}
</div></details>
`;
}

const sample = (value: unknown): Html =>
  html`<pre tabindex="0">${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>`;

const content = (types: Content): Html =>
  html`${Object.entries(types).map(
    ([type, { schema, example, examples = {} }]) =>
      html`<p><code>${type}</code></p>${schema && schemaList(schema)}${example !== undefined && sample(example)}${Object.entries(
        examples,
      ).map(([name, { value }]) => html`<p class="about">${name}</p>${sample(value)}`)}`,
  )}`;

/** The first example of a body, and its type; a file has none that could be written down. */
function exampleBody(types: Content = {}): { type: string; value?: unknown } | undefined {
  for (const [type, { example, examples = {} }] of Object.entries(types)) {
    const [first] = type === 'multipart/form-data' ? [] : Object.values(examples);
    if (first || example !== undefined) return { type, value: first ? first.value : example };
  }
  const [type] = Object.keys(types);
  return type === undefined ? undefined : { type };
}

/** In three languages, where it is one request and one answer. */
function codeOf({ operationId = '', method, path, parameters = [], requestBody, security = [] }: Told): [language: string, code: string][] {
  const places = parameters.filter((parameter) => parameter.in === 'path').map(({ example = '' }) => example);
  const body = exampleBody(requestBody?.content);
  const asked = { operationId, method, path, places, body: body?.value, bodyType: body?.type, isPublic: security.length === 0 };
  return Object.entries(codeSamples(asked));
}

function samplesOf(told: Told): Html | false {
  const samples = codeOf(told);
  if (samples.length === 0) return false;
  return html`<details><summary>Code</summary>${samples.map(([language, code]) => html`<p class="about">${language}</p><pre tabindex="0">${code}</pre>`)}</details>`;
}

/** A form to send the request with: whoever has opened a route to try it has it before the examples. */
function tryOut(told: Told): Html | false {
  const { method, path, parameters = [], requestBody } = told;
  const body = exampleBody(requestBody?.content);
  const isText = body === undefined || body.value !== undefined;
  return codeOf(told).length > 0 && isText && form(method, path, parameters, body);
}

const form = (method: string, path: string, parameters: Parameter[], body: { type: string; value?: unknown } | undefined): Html =>
  html`<form data-path="${path}" data-method="${method}" hidden>
${parameters
  .filter(({ in: place }) => place !== 'header')
  .map(
    ({ name, in: place, example = '' }) =>
      html`<label>${name}<input name="${name}" data-in="${place}" value="${place === 'path' ? example : ''}" autocomplete="off"></label>`,
  )}
${body && html`<label>Body<textarea data-type="${body.type}" rows="6" spellcheck="false">${typeof body.value === 'string' ? body.value : JSON.stringify(body.value, null, 2)}</textarea></label>`}
<button>Send</button><output></output></form>`;

const DOCS_STYLE = `${STYLE}
.parts { display: flex; flex-wrap: wrap; gap: var(--space-1); margin: var(--space-3) 0; font-size: var(--size-1); }
.parts a { padding: 2px 12px; border: 1px solid var(--line-strong); border-radius: 16px; background: var(--surface); text-decoration: none; }
.parts a:hover { background: var(--accent-soft); }
.route { margin: var(--space-1) 0; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); }
.route > summary { padding: 10px var(--space-2); border-radius: var(--radius); }
.route > summary:hover { background: var(--accent-soft); }
.route > .inside { margin: 0; padding: 0 var(--space-2) var(--space-2); }
.route > summary b { display: inline-block; width: 4.5rem; margin-right: var(--space-1); padding: 1px 8px; border-radius: 4px; background: var(--accent-soft); color: var(--accent); font: 600 var(--size-0)/1.6 var(--mono); text-align: center; }
.delete > summary b { background: var(--danger-soft); color: var(--danger); }
:is(.put, .patch) > summary b { background: var(--warn-soft); color: var(--warn); }
form { margin: 12px 0; padding: var(--space-2); border: 1px solid var(--line); border-radius: var(--radius); background: var(--ground); }
form[hidden], p[hidden] { display: none; }
form label { display: block; margin-bottom: var(--space-1); font-weight: 600; font-size: var(--size-1); }
input, textarea { display: block; width: 100%; max-width: 40rem; margin-top: 4px; padding: 8px 12px; border: 1px solid var(--line-strong); border-radius: var(--radius); background: var(--surface); color: inherit; font: var(--size-1) var(--mono); }
button { min-height: 40px; padding: 0 var(--space-3); border: 0; border-radius: var(--radius); background: var(--accent); color: var(--on-accent); font: 600 var(--size-1) var(--font); cursor: pointer; }
button:hover { background: var(--accent-strong); }
output { display: block; margin-top: var(--space-1); font: .9em var(--mono); white-space: pre-wrap; }
@media (max-width: 40rem) { .inside { margin-left: 4px; } ul { padding-left: 12px; } .route > summary b { width: auto; } }
`;

/** Beside what no page may, it runs its own file and asks this hub. */
export const DOCS_HEADERS = headersFor(DOCS_STYLE, ["script-src 'self'", "connect-src 'self'"]);
