import { DOCUMENTED_EVENTS } from './shapes/events.ts';

interface Described {
  info: { title: string; version: string };
  components: { schemas: Record<string, unknown> };
}

const ref = (where: string) => ({ $ref: `#/${where}` });

/**
 * What the hub tells by itself, in AsyncAPI 3: webhooks, the stream and the WebSocket, with the shapes of the OpenAPI document. `origin`:
 * where whoever asks reaches the hub, such as `https://hub.example.com`.
 */
export function asyncApiDocument(openApi: object, origin: string): object {
  const { info, components } = openApi as Described;
  const [scheme = '', host = ''] = origin.split('://');
  const messages = Object.fromEntries(
    DOCUMENTED_EVENTS.map(({ type, name, summary, example }) => [
      name,
      {
        name: type,
        title: type,
        summary,
        contentType: 'application/json',
        payload: ref(`components/schemas/${name}`),
        examples: [{ payload: example }],
      },
    ]),
  );
  const names = Object.keys(messages);
  const all = Object.fromEntries(names.map((name) => [name, ref(`components/messages/${name}`)]));
  const sends = (channel: string, summary: string) => ({
    action: 'send',
    summary,
    description: 'Each event is told in the order of its session; `seq` counts them.',
    channel: ref(`channels/${channel}`),
    messages: names.map((name) => ref(`channels/${channel}/messages/${name}`)),
  });
  return {
    asyncapi: '3.1.0',
    info: {
      ...{ title: `${info.title} events`, version: info.version, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
      description:
        'Everything that happens, as it happens. The same events are at `GET /api/events`; `/openapi.json` describes what may be asked for.',
    },
    defaultContentType: 'application/json',
    servers: {
      hub: { host, protocol: scheme, description: 'This hub', security: [ref('components/securitySchemes/bearer')] },
      socket: {
        host,
        protocol: scheme === 'https' ? 'wss' : 'ws',
        description: 'The same, for WebSockets',
        security: [ref('components/securitySchemes/bearer')],
      },
    },
    channels: {
      webhook: {
        address: null,
        title: 'Webhook',
        description: 'The URL of an endpoint: a POST for each event, signed as Standard Webhooks says (`POST /api/webhooks` registers it).',
        messages: all,
      },
      stream: {
        address: '/api/events',
        title: 'Server-Sent Events',
        description:
          'With `Accept: text/event-stream`. `types` and `session` choose events, `after` (or `Last-Event-ID`) is the one to go on from.',
        servers: [ref('servers/hub')],
        messages: all,
      },
      socket: {
        address: '/api/events/ws',
        title: 'WebSocket',
        description: 'One event a frame. `types`, `session` and `after` as for the stream.',
        servers: [ref('servers/socket')],
        messages: all,
      },
    },
    operations: {
      sendWebhook: sends('webhook', 'An event is sent to an endpoint until it is taken'),
      sendStream: sends('stream', 'An event is told to whoever reads the stream'),
      sendSocket: sends('socket', 'An event is told over the WebSocket'),
    },
    components: {
      messages,
      schemas: reached(names, components.schemas),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An API key with the scope `events:read`' } },
    },
  };
}

/** The shapes of these names, and those that they name. */
function reached(names: readonly string[], schemas: Record<string, unknown>): Record<string, unknown> {
  const found = new Map<string, unknown>();
  const queue = [...names];
  for (const name of queue) {
    if (found.has(name)) continue;
    found.set(name, schemas[name]);
    for (const [, other] of JSON.stringify(schemas[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g)) queue.push(other as string);
  }
  return Object.fromEntries(found);
}
