import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import type { z } from 'zod';
import { isOfHub } from '../tenants/scopes.ts';
import { actionOf } from './audit.ts';
import type { BodyType } from './body.ts';
import { operationIdOf } from './operation-id.ts';
import type { Route } from './route.ts';
import { ProblemShape } from './shapes/common.ts';
import { DOCUMENTED_EVENTS } from './shapes/events.ts';
import { BODY_EXAMPLES } from './shapes/examples.ts';
import { ActionsAnswer } from './shapes/webhooks.ts';

const MIME = {
  json: 'application/json',
  entries: 'application/json',
  yaml: 'application/yaml',
  bytes: 'application/octet-stream',
} as const satisfies Record<BodyType, string>;

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
  const problem = {
    description: 'What went wrong; 429 says with Retry-After and RateLimit when to go on',
    content: { 'application/problem+json': { schema: ProblemShape } },
  };
  for (const route of routes) {
    const { path, parameters } = pathOf(route.path);
    const action = actionOf(route);
    const content: Record<string, { schema: z.ZodType | { type: 'string'; format?: 'binary' } }> = {};
    if (route.gives === 'file') content['*/*'] = { schema: { type: 'string', format: 'binary' } };
    if (route.output) content[MIME.json] = { schema: route.output };
    for (const type of route.produces ?? []) content[type] = { schema: { type: 'string' } };
    registry.registerPath({
      method: route.method.toLowerCase() as 'get',
      path,
      operationId: operationIdOf(route),
      summary: route.summary,
      description: rightsOf(route),
      tags: [tagOf(route)],
      security: route.access === 'public' ? [] : [{ bearer: [] }, { apiKey: [] }],
      parameters: [
        ...parameters,
        ...[...(route.headers ?? []), ...(route.creates ? ['Idempotency-Key'] : [])].map((name) => ({
          name,
          in: 'header',
          schema: { type: 'string' },
        })),
      ] as never,
      ...(action && { 'x-audit-action': action }),
      request: {
        ...(route.query ? { query: route.query as z.ZodObject } : {}),
        ...(route.body || route.form ? { body: { required: isNeeded(route), content: bodyOf(route) } } : {}),
      },
      responses: {
        [route.status]: { description: route.summary, ...(Object.keys(content).length > 0 ? { content } : {}) },
        ...(route.later && { [route.later]: { description: 'It goes on', content } }),
        ...(route.gives === 'file' && PARTS),
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
    tags: [...new Set(routes.map(tagOf))].sort().map((name) => ({ name, description: TAGS[name] ?? '' })),
  });
}

/** The first word of the path; a tag without a description is a word that is missing here. */
const tagOf = ({ path }: Route): string => /^\/api\/([^/]+)/.exec(path)?.[1] ?? 'operations';

const TAGS: Record<string, string> = {
  audit: 'Who changed what',
  deliveries: 'What endpoints were sent, with every attempt',
  events: 'The ledger: all that happened, in its order',
  flows: 'Replies that are written in YAML',
  'flow-secrets': 'What the step "http" of a flow may send along',
  limits: 'How much of what a tenant may have it has',
  media: 'Files of messages',
  messages: 'What was sent and what came in',
  operations: 'The hub itself: its health, metrics and descriptions',
  quarantine: 'What could not be taken in and was set aside',
  runs: 'Runs of flows',
  sessions: 'Linked phones, their chats, contacts and groups, and the sandbox',
  tenants: 'Those whom the hub serves, and their keys',
  webhooks: 'Endpoints: URLs that events are sent to',
};

function rightsOf({ access, acrossTenants }: Route): string {
  if (isOfHub(access)) return `Needs the scope \`${access}\`, which only a key has that was made for it, or the operator's key.`;
  switch (access) {
    case 'public':
      return 'Needs no key.';
    case 'any-key':
      return 'Needs any key.';
    case 'admin':
      return "Needs the operator's key.";
    default:
      return `Needs the scope \`${access}\`.${acrossTenants ? " The operator's key without X-Tenant-Id gets those of all tenants." : ''}`;
  }
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
  const named = BODY_EXAMPLES[`${method} ${path}`];
  const examples = named && Object.fromEntries(Object.entries(named).map(([name, value]) => [name, { value }]));
  return {
    ...(body && { [MIME[bodyType]]: { schema: body, ...(examples && { examples }) } }),
    ...(form && { 'multipart/form-data': { schema: form.schema } }),
    ...(form && !body && { '*/*': FILE }),
  };
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
