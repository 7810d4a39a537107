import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import { actionOf } from './audit.ts';
import type { BodyType } from './body.ts';
import { KEY_SCHEMA } from './idempotency.ts';
import { ALSO, HEADERS, PLACES, rightsOf, TAGS, tagOf } from './openapi-words.ts';
import { operationIdOf } from './operation-id.ts';
import { rateHeaders, refusalsOf, registerRefusals } from './responses.ts';
import type { Dialect, Route } from './route.ts';
import { ANSWER_EXAMPLES } from './shapes/answer-examples.ts';
import { BulkSend } from './shapes/bulk.ts';
import { DOCUMENTED_EVENTS } from './shapes/events.ts';
import { BODY_EXAMPLES, FORM_EXAMPLES } from './shapes/examples.ts';
import { ActionsAnswer } from './shapes/webhooks.ts';

const MIME = {
  json: 'application/json',
  entries: 'application/json',
  yaml: 'application/yaml',
  bytes: 'application/octet-stream',
} as const satisfies Record<BodyType, string>;

/** `/api/sessions/:id/qr` → `/api/sessions/{id}/qr` and its parameters. */
function pathOf(path: string): { path: string; parameters: object[] } {
  return {
    path: path.replace(/:(\w+)/g, '{$1}'),
    parameters: [...path.matchAll(/(\w[\w-]*)\/:(\w+)/g)].map(([, of = '', name = '']) => {
      const [description, example] = PLACES[name === 'id' ? of : name] ?? [];
      return { name, in: 'path', required: true, description, example, schema: { type: 'string' } };
    }),
  };
}

/** The ways to show a key, of which one is enough. */
const securityOf = ({ access, method, dialect }: Route): Record<string, string[]>[] =>
  access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }, ...(dialect?.keyQuery && method === 'GET' ? [{ query: [] }] : [])];

const headerOf = (name: string): object => ({
  name,
  in: 'header',
  description: HEADERS[name],
  schema: { type: 'string', ...(name === 'Idempotency-Key' ? KEY_SCHEMA : { maxLength: 1_000 }) },
});

/**
 * The table of routes, told in OpenAPI 3.1: what is validated is what is documented. `dialect`: it is that of the routes for the clients of another
 * product.
 */
export function openApiDocument(routes: readonly Route[], version: string, dialect?: Dialect): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: dialect?.keyHeader ?? 'X-Api-Key' });
  if (dialect?.keyQuery) registry.registerComponent('securitySchemes', 'query', { type: 'apiKey', in: 'query', name: dialect.keyQuery });
  if (!dialect) registerRefusals(registry);
  const refused = dialect && { default: { description: 'It was refused', content: { [MIME.json]: { schema: dialect.problem } } } };
  for (const route of routes) {
    const { path, parameters } = pathOf(route.path);
    const action = actionOf(route);
    const content: Record<string, { schema: z.ZodType | { type: 'string'; format?: 'binary' }; example?: object }> = {};
    if (route.gives === 'file') content['*/*'] = { schema: { type: 'string', format: 'binary' } };
    const example = ANSWER_EXAMPLES[operationIdOf(route)];
    if (route.output) content[MIME.json] = { schema: route.output, ...(example && { example }) };
    for (const type of route.produces ?? []) content[type] = { schema: { type: 'string' } };
    registry.registerPath({
      method: route.method.toLowerCase() as 'get',
      path,
      operationId: operationIdOf(route),
      summary: route.summary,
      description: rightsOf(route),
      tags: [tagOf(route)],
      security: securityOf(route),
      parameters: [...parameters, ...[...(route.headers ?? []), ...(route.creates ? ['Idempotency-Key'] : [])].map(headerOf)] as never,
      ...(action && { 'x-audit-action': action }),
      request: {
        ...(route.query ? { query: route.query as z.ZodObject } : {}),
        ...(route.body || route.form ? { body: { required: isNeeded(route), content: bodyOf(route) } } : {}),
      },
      responses: {
        [route.status]: {
          description: route.summary,
          ...(dialect ? {} : rateHeaders(route)),
          ...(Object.keys(content).length > 0 ? { content } : {}),
        },
        ...(route.also && { [route.also]: { description: ALSO[route.also], ...rateHeaders(route), content } }),
        ...(route.gives === 'file' && PARTS),
        ...(refused ?? refusalsOf(route)),
      },
    });
  }
  if (!dialect) {
    registry.register('BulkSend', BulkSend);
    for (const { type, summary, schema, example } of DOCUMENTED_EVENTS) registry.registerWebhook(webhookOf(type, summary, schema, example));
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: dialect?.title ?? 'Hookline',
      version,
      description:
        'A self-hosted hub between WhatsApp and any system that can receive or make an HTTP request. `/api/whatsapp/instances…` answers as `/api/sessions…`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // OWASP API9 wants to be told whether it is for insiders.
    servers: [{ url: '/', description: 'This hub', 'x-internal': false }],
    tags: [...new Set(routes.map(tagOf))].sort().map((name) => ({ name, description: TAGS[name] ?? '' })),
  });
}

/** What a route sees where no body is sent; bytes and files alone are always needed. */
const NOTHING = { json: {}, entries: {}, yaml: '' } as const;

function isNeeded({ body, bodyType = 'json' }: Route): boolean {
  return !body || bodyType === 'bytes' || !body.safeParse(NOTHING[bodyType]).success;
}

const FILE = { schema: { type: 'string' as const, format: 'binary' as const } };
/** How a part of a file is answered, or that it has not changed. */
const PARTS = {
  206: { description: 'The part that Range asks for; Content-Range says which', content: { '*/*': FILE } },
  304: { description: 'It is the file that If-None-Match names' },
};

/** The ways to send the body of this route. */
function bodyOf({ method, path, body, bodyType = 'json', form }: Route) {
  const examplesOf = (all: Record<string, Record<string, unknown>>) => {
    const named = all[`${method} ${path}`];
    return named && { examples: Object.fromEntries(Object.entries(named).map(([name, value]) => [name, { value }])) };
  };
  return {
    ...(body && { [MIME[bodyType]]: { schema: body, ...examplesOf(BODY_EXAMPLES) } }),
    ...(form && { 'multipart/form-data': { schema: form.schema, ...examplesOf(FORM_EXAMPLES) } }),
    ...(form && !body && { '*/*': FILE }),
  };
}

const SIGNED_HEADERS = {
  'webhook-id': 'The id of the event, the same however often it is sent',
  'webhook-timestamp': 'When this try was signed, in seconds since 1970',
  'webhook-signature':
    '`v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, one for each secret, with spaces between; `v1a,` ed25519 where asked for',
  'hookline-attempt': 'The number of this try, from 1',
};

/** What a receiver is sent for one type of event, and what it may answer. */
function webhookOf(type: string, summary: string, schema: z.ZodType, example: object) {
  return {
    method: 'post' as const,
    // Not a path: the name under which OpenAPI 3.1 lists it.
    path: type,
    operationId: type.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary,
    description: 'Signed as Standard Webhooks says, with the secret of the endpoint.',
    tags: ['webhooks'],
    security: [],
    parameters: Object.entries(SIGNED_HEADERS).map(([name, description]) => ({
      name,
      in: 'header' as const,
      required: true,
      description,
      schema: { type: 'string' as const },
    })),
    request: { body: { required: true, content: { [MIME.json]: { schema, example } } } },
    responses: {
      '2XX': { description: 'Taken; may ask for actions', content: { [MIME.json]: { schema: ActionsAnswer } } },
      '410': { description: 'The endpoint is gone: it is disabled' },
      default: { description: 'Failed: it is tried again' },
    },
  };
}
