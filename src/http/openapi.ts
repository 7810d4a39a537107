import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import type { BodyType } from './body.ts';
import type { Route } from './route.ts';
import { ProblemShape } from './shapes/common.ts';
import { DOCUMENTED_EVENTS } from './shapes/events.ts';
import { ActionsAnswer } from './shapes/webhooks.ts';

const MIME = { json: 'application/json', yaml: 'application/yaml', bytes: 'application/octet-stream' } as const satisfies Record<
  BodyType,
  string
>;

/** `/api/sessions/:id/qr` → `/api/sessions/{id}/qr` and its parameters. */
function pathOf(path: string): { path: string; parameters: object[] } {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);
  return {
    path: path.replace(/:(\w+)/g, '{$1}'),
    parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
  };
}

/** The table of routes, told in OpenAPI 3.1: what is validated is what is documented. */
export function openApiDocument(routes: readonly Route[], version: string): object {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'X-Api-Key' });
  const problem = { description: 'What went wrong', content: { 'application/problem+json': { schema: ProblemShape } } };
  for (const route of routes) {
    const { path, parameters } = pathOf(route.path);
    const content: Record<string, { schema: z.ZodType | { type: 'string' } }> = {};
    if (route.output) content[MIME.json] = { schema: route.output };
    for (const type of route.produces ?? []) content[type] = { schema: { type: 'string' } };
    registry.registerPath({
      method: route.method.toLowerCase() as 'get',
      path,
      summary: route.summary,
      description:
        route.access === 'public'
          ? 'Needs no key.'
          : `Needs ${route.access === 'admin' ? "the operator's key" : `the scope \`${route.access}\``}.`,
      tags: [route.path.split('/')[2] ?? 'operations'],
      security: route.access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }],
      parameters: [...parameters, ...(route.headers ?? []).map((name) => ({ name, in: 'header', schema: { type: 'string' } }))] as never,
      request: {
        ...(route.query ? { query: route.query as z.ZodObject } : {}),
        ...(route.body ? { body: { content: { [MIME[route.bodyType ?? 'json']]: { schema: route.body } } } } : {}),
      },
      responses: {
        [route.status]: { description: route.summary, ...(Object.keys(content).length > 0 ? { content } : {}) },
        default: problem,
      },
    });
  }
  for (const { type, summary, schema, example } of DOCUMENTED_EVENTS) registry.registerWebhook(webhookOf(type, summary, schema, example));
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Hookline',
      version,
      description:
        'A self-hosted hub between WhatsApp and any system that can receive or make an HTTP request. `/api/whatsapp/instances…` answers as `/api/sessions…`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
}

const SIGNED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'hookline-attempt'];

/** What a receiver is sent for one type of event, and what it may answer. */
function webhookOf(type: string, summary: string, schema: z.ZodType, example: object) {
  return {
    method: 'post' as const,
    // Not a path: the name under which OpenAPI 3.1 lists it.
    path: type,
    summary,
    tags: ['webhooks'],
    parameters: SIGNED_HEADERS.map((name) => ({ name, in: 'header' as const, required: true, schema: { type: 'string' as const } })),
    request: { body: { required: true, content: { [MIME.json]: { schema, example } } } },
    responses: {
      '2XX': { description: 'Taken; may ask for actions', content: { [MIME.json]: { schema: ActionsAnswer } } },
      '410': { description: 'The endpoint is gone: it is disabled' },
      default: { description: 'Failed: it is tried again' },
    },
  };
}
