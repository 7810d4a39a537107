import { z } from 'zod';
import { ENDPOINT_DIALECTS } from '../../core/dialects.ts';
import { CHAT_KINDS } from '../../core/message.ts';
import { MOST_HEADERS } from '../../core/request-headers.ts';
import { upTo } from '../../flows/language/schema/values.ts';
import { AnswerWithActions } from '../../webhooks/actions/action-requests.ts';
import { ORDERINGS } from '../../webhooks/endpoints/endpoint.ts';
import { Instant, PageQuery, Time } from './common.ts';
import { Types } from './events.ts';

const Addresses = z.array(z.string().max(200)).max(200);

/** What the texts mean (patterns, names of headers, what the URL leads to) is the room's to judge. */
const settings = {
  url: z.string().trim().max(2_000).openapi({ example: 'https://example.com/hook' }),
  events: z
    .array(z.string().max(100))
    .max(50)
    .openapi({ description: '"*", a type, or all of a kind: "message.*"', example: ['message.*'] }),
  sessions: z.array(z.string().max(100)).max(200).openapi({ description: 'Ids or names; empty means all' }),
  filter: z
    .strictObject({
      chatKinds: z.array(z.enum(CHAT_KINDS)).max(CHAT_KINDS.length).optional(),
      chats: Addresses.optional().openapi({ description: 'Phone numbers, usernames or WhatsApp addresses, in any form' }),
      senders: Addresses.optional().openapi({ description: 'As `chats`; of a message in a group whoever wrote it' }),
    })
    .nullable()
    .openapi({
      description:
        'Of which chats and people it hears, besides `events` and `sessions`. What an event says nothing of it passes; null for all',
      example: { chatKinds: ['private', 'group'] },
    }),
  ordering: z.enum(ORDERINGS).openapi({
    description: 'What waits for a delivery that fails: strict: all behind it in its session; chat: those of its chat; relaxed: nothing',
  }),
  rateLimit: z.number().int().min(1).max(1_000).nullable().openapi({ description: 'Requests a second; null for no limit' }),
  schedule: z
    .array(z.number().int().min(1).max(86_400))
    .min(1)
    .max(50)
    .nullable()
    .openapi({ description: "Seconds to wait after the first, second, … failure, the last repeated for 3 days; null for the hub's own" }),
  timeoutSeconds: z.number().int().min(1).max(30).nullable().openapi({ description: "To answer in; null for the hub's own" }),
  signatures: z
    .array(z.enum(['v1', 'v1a']))
    .min(1)
    .max(2)
    .openapi({ description: 'v1 is HMAC-SHA256 with the secret, v1a is ed25519, verified with publicKey' }),
  description: z.string().max(500),
  dialect: z.enum(ENDPOINT_DIALECTS).openapi({
    description: "In whose words it is told of events: the hub's own (hookline), or those of another product",
  }),
  dialectOptions: z.record(z.string().max(100), z.unknown()).openapi({
    description:
      'How it is told in the words of another product, see docs/webhooks.md; all of it. A secret is given as {"secret": "…"}, and never shown',
    example: { byEvents: false, base64: true },
  }),
};
/** 8 KB in all, which the room counts. */
const HeaderValue = z.string().openapi({ maxLength: 8_192 });
const Headers = upTo(
  MOST_HEADERS,
  z.record(z.string(), z.union([HeaderValue, z.strictObject({ secret: HeaderValue })])).openapi({
    description: 'A value given as {"secret": "…"} is stored sealed and never shown; authorization must be',
    example: { authorization: { secret: 'Bearer …' } },
  }),
);

export const Endpoint = z
  .object({
    id: z.string(),
    ...settings,
    headers: z.record(z.string(), z.union([z.string(), z.object({ secret: z.literal(true) })])),
    callbackKeyId: z.string().nullable().openapi({
      description: 'Of the key that receivers are given to call back with, where the dialect has one; null: none',
    }),
    publicKey: z.string().nullable().openapi({ example: 'whpk_…' }),
    formerSecretsUntil: Time.nullable().openapi({ description: 'Until then former secrets sign beside the newest; null where none does' }),
    status: z.enum(['enabled', 'disabled']),
    disabledAt: Time.nullable(),
    disabledReason: z.string().nullable(),
    pausedUntil: Time.nullable().openapi({ description: 'The receiver asked with Retry-After to be left alone until then' }),
    failingSince: Time.nullable().openapi({ description: 'It has answered nothing but failures since then' }),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi('Endpoint');
const warnings = z
  .array(z.object({ path: z.string(), message: z.string() }))
  .optional()
  .openapi({
    description: 'What was taken, and is probably not what was meant',
    example: [{ path: 'sessions.0', message: 'no session is called "shpo" now; the endpoint hears of it once there is one' }],
  });
export const ChangedEndpoint = Endpoint.extend({ warnings }).openapi('ChangedEndpoint');
export const NewEndpoint = Endpoint.extend({ warnings, secret: z.string().openapi({ example: 'whsec_…' }) }).openapi('NewEndpoint');

const given = z.strictObject({ ...settings, headers: Headers });
const OwnSecret = z
  .string()
  .max(200)
  .optional()
  .openapi({ description: 'Your own, to sign with: `whsec_` and base64 of 24 to 64 random bytes. One is made when not given' });
export const CreateEndpoint = given.partial().required({ url: true }).extend({ secret: OwnSecret });
export const UpdateEndpoint = given.partial();
/** 30 days, the most that `webhooks.rotationHours` may be. */
const LONGEST_OVERLAP = 30 * 24 * 3_600;
export const RotateSecret = z.strictObject({
  secret: OwnSecret,
  overlapSeconds: z.number().int().min(0).max(LONGEST_OVERLAP).optional().openapi({
    description: 'How long the former secrets sign beside the new one; 0: they end now. `webhooks.rotationHours` when not given',
  }),
});
export const TestSent = z.object({ eventId: z.string(), deliveryId: z.string() });

export const Delivery = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    eventId: z.string().openapi({ description: 'The value of webhook-id' }),
    eventType: z.string(),
    sessionId: z.string().nullable(),
    status: z.enum(['pending', 'delivered', 'dead']),
    attemptsMade: z.number().int(),
    nextAttemptAt: Time.nullable().openapi({
      description: 'At the earliest; null when it is over, waits for another one (`waitsFor`), or its endpoint is disabled',
    }),
    waitsFor: z.object({ deliveryId: z.string(), eventType: z.string(), until: Time.nullable() }).nullable().openapi({
      description: 'The delivery behind which it waits in the order of its endpoint, and when that one is tried next, at the earliest',
    }),
    createdAt: Time,
    finishedAt: Time.nullable(),
  })
  .openapi('Delivery');

const Attempt = z.object({
  number: z.number().int().openapi({ description: 'The value of hookline-attempt' }),
  startedAt: Time,
  requestHeaders: z
    .object({ 'webhook-id': z.string(), 'webhook-timestamp': z.string(), 'webhook-signature': z.string(), 'hookline-attempt': z.string() })
    .nullable()
    .openapi({ description: 'By which the receiver knows that it is genuine; null where they are not kept' }),
  latency: z.number().int().openapi({ description: 'Milliseconds' }),
  status: z.number().int().nullable(),
  errorClass: z.enum(['dns', 'connect', 'tls', 'timeout', 'http', 'too-large', 'blocked', 'dialect']).nullable(),
  error: z.string().nullable(),
  responseHeaders: z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullable(),
  responseBody: z.string().nullable().openapi({ description: 'The first 4 KiB' }),
  actions: z
    .array(
      z.object({
        index: z.number().int().nullable().openapi({ description: 'Place in the list; null when the whole list was refused' }),
        ok: z.boolean(),
        messageId: z.string().optional(),
        error: z.object({ code: z.string(), message: z.string() }).optional(),
      }),
    )
    .openapi({ description: 'What became of the actions in the answer' }),
});
export const DeliveryWithAttempts = Delivery.extend({
  body: z.string().openapi({ description: 'What is sent, byte for byte; without a person who was erased from it since' }),
  requests: z
    .array(z.object({ url: z.string(), body: z.string() }))
    .optional()
    .openapi({
      description:
        "In the words of another product: each request that tells of the event, without keys and files. `body` is the first one's",
    }),
  attempts: z.array(Attempt),
}).openapi('DeliveryWithAttempts');

/** What a receiver may answer. */
export const ActionsAnswer = z.object(AnswerWithActions.shape).openapi('ActionsAnswer', {
  description: 'Run as if the receiver had called the API',
  example: { actions: [{ typing: 1_500 }, { text: 'Thanks!' }, { seen: true }] },
});

export const DeliveriesQuery = PageQuery.extend({
  status: z.enum(['pending', 'delivered', 'dead']).optional().openapi({ description: 'dead: given up' }),
  event: z.string().max(100).optional().openapi({ description: 'Id of the event that is sent' }),
});

const selection = z.enum(['all', 'failed', 'missing']);
export const Replay = z.strictObject({
  since: Instant,
  until: Instant.optional(),
  types: z
    .array(z.string().max(100))
    .min(1)
    .max(50)
    .optional()
    .openapi({ example: ['message.*'] }),
  status: selection.optional().openapi({ description: 'failed: given up; missing: the endpoint has no delivery of it' }),
});
export const ReplayQuery = Replay.extend({
  since: Instant.openapi({ description: 'Of events from then on' }),
  until: Instant.optional().openapi({ description: 'Of events up to then; now when not given' }),
  types: Types.optional(),
});
export const ReplayPreview = z
  .object({
    total: z.number().int().openapi({ description: 'Events in the range' }),
    seen: z.number().int().openapi({ description: 'Of these looked at: 10,000 or so at the most' }),
    queued: z.number().int().openapi({ description: 'Of those looked at how many would be sent again' }),
  })
  .openapi('ReplayPreview');
export const ReplayProgress = z
  .object({
    id: z.string(),
    endpointId: z.string(),
    status: z.enum(['running', 'done']),
    since: Time,
    until: Time,
    types: z.array(z.string()),
    selection,
    total: z.number().int().openapi({ description: 'Events in the range' }),
    seen: z.number().int().openapi({ description: 'Of these looked at so far' }),
    queued: z.number().int().openapi({ description: 'Of these put into the lanes of the endpoint' }),
    createdAt: Time,
    finishedAt: Time.nullable(),
  })
  .openapi('Replay');

const AttemptStats = z.object({
  attempts: z.number().int(),
  succeeded: z.number().int(),
  failed: z.number().int(),
  successRate: z.number().nullable(),
  byStatus: z
    .record(z.string(), z.number().int())
    .openapi({ description: 'By HTTP status, or class of error', example: { 200: 98, timeout: 2 } }),
  latency: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }).openapi({ description: 'Milliseconds' }),
});
export const EndpointStats = z
  .object({
    lastHour: AttemptStats,
    lastDay: AttemptStats,
    hours: z
      .array(z.object({ at: Time, succeeded: z.number().int(), failed: z.number().int() }))
      .openapi({ description: 'The last 24 hours, oldest first: when each began, and how its attempts went' }),
    breaker: z.enum(['closed', 'open', 'recovering']),
    slowedTo: z.number().nullable().openapi({ description: 'Requests a second, because it answered 429, 502 or 504' }),
    waiting: z.number().int(),
    oldestWaitingAt: Time.nullable(),
    failing: z
      .object({ deliveryId: z.string(), eventType: z.string(), attemptsMade: z.number().int(), nextAttemptAt: Time.nullable() })
      .nullable()
      .openapi({ description: 'A delivery whose last try failed, and that is tried again; it may hold up those behind it' }),
  })
  .openapi('EndpointStats');

export type Replay = z.output<typeof Replay>;
export type RotateSecret = z.output<typeof RotateSecret>;
export type CreateEndpoint = z.output<typeof CreateEndpoint>;
export type UpdateEndpoint = z.output<typeof UpdateEndpoint>;
export type DeliveriesQuery = z.output<typeof DeliveriesQuery>;
