import { type Html, html, page, prose } from './html.ts';
import { type Schema, schemaList } from './schema.ts';

interface Content {
  [type: string]: { schema?: Schema; example?: unknown; examples?: Record<string, { value: unknown }> };
}

interface Response {
  $ref?: string;
  description: string;
  content?: Content;
}

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
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
<p>Keys go into <code>Authorization: Bearer KEY</code> or <code>X-Api-Key: KEY</code>. The same as JSON: <a href="/openapi.json">/openapi.json</a></p>
<nav>${tags.map((tag) => html`<a href="#${tag}">${tag}</a> `)}<a href="#events">webhooks and events</a> <a href="#schemas">schemas</a></nav>
${tags.map((tag) => html`<h2 id="${tag}">${tag}</h2>${routes.filter((route) => route.tag === tag).map(operation)}`)}
<h2 id="events">webhooks and events</h2>
${operationsOf(webhooks).map(operation)}
<h2 id="schemas">schemas</h2>
${Object.entries(components?.schemas ?? {}).map(([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>${schemaList(schema)}`)}`,
  );
}

interface Told extends Operation {
  method: string;
  path: string;
  tag: string;
}

function operationsOf(paths: NonNullable<Document['paths']>, shared: Record<string, Response> = {}): Told[] {
  const whole = (response: Response): Response => shared[response.$ref?.split('/').at(-1) ?? ''] ?? response;
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

function operation({ method, path, summary, description, parameters = [], requestBody, responses = {} }: Told): Html {
  return html`<details><summary><b>${method}</b> <code>${path}</code> <span class="about">${summary}</span></summary><div class="inside">
<p>${prose(description)}</p>
${
  parameters.length > 0 &&
  html`<h4>Parameters</h4><ul>${parameters.map(
    ({ name, in: place, required, schema }) =>
      html`<li><code>${name}</code> <span class="about">${place}${required && ', required'}</span>${schema && schemaList(schema)}</li>`,
  )}</ul>`
}
${requestBody && html`<h4>Body</h4>${content(requestBody.content)}`}
<h4>Answers</h4>
${Object.entries(responses).map(([status, { description: what, content: told }]) => html`<p><b>${status}</b> ${what}</p>${told && content(told)}`)}
</div></details>
`;
}

const sample = (value: unknown): Html => html`<pre>${typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>`;

const content = (types: Content): Html =>
  html`${Object.entries(types).map(
    ([type, { schema, example, examples = {} }]) =>
      html`<p><code>${type}</code></p>${schema && schemaList(schema)}${example !== undefined && sample(example)}${Object.entries(
        examples,
      ).map(([name, { value }]) => html`<p class="about">${name}</p>${sample(value)}`)}`,
  )}`;
