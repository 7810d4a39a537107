/** Steps that send nothing to the chat. */
import { z } from 'zod';
import { tagName } from './conditions.ts';
import { clock, duration, formByKey, id, name, some, target, typing, value } from './values.ts';

/** What the hub says of each request of a flow, besides what no flow may say of any. */
export const OWN_HEADERS = ['idempotency-key'];

export const typingStep = z.strictObject({ typing, id }).describe('Shows "typing…" before the next message');
const waited = formByKey([
  duration,
  z.strictObject({ until: clock.describe('The next time that the clock of the flow shows this') }),
  z.strictObject({ opens: name.describe('Until it is open by these hours; no wait where it is') }),
]);
z.globalRegistry.add(waited, { description: 'A duration, { until: "08:00" } or { opens: clinic }' });
export const wait = z.strictObject({ wait: waited, id }).describe('Waits: so long, until a time of the day, or until it opens');
export const seen = z.strictObject({ seen: z.literal(true), id }).describe('Marks the chat as read');

export const set = z
  .strictObject({ set: z.record(name, value).describe('Values by name, for {{ }} from here on'), id })
  .describe('Keeps values for this run');

const contactField = z.string().regex(/^contact\.[a-z][a-z0-9_]{0,63}$/, 'must be contact. and a name, such as contact.plan');
export const remember = z
  .strictObject({ remember: z.record(contactField, value), id })
  .describe('Keeps values with the contact, for every later run');
export const forget = z.strictObject({ forget: some(contactField), id }).describe('Drops what was remembered');
export const tag = z.strictObject({ tag: some(tagName), id }).describe('Puts tags on the chat');
export const untag = z.strictObject({ untag: some(tagName), id }).describe('Takes tags off the chat');

const texts = z.record(z.string().min(1).max(100), z.string().max(8_192));
export const http = z
  .strictObject({
    http: z
      .string()
      .max(8_192)
      .regex(/^(GET|POST|PUT|PATCH|DELETE) \S/, 'must be a method and a URL, such as GET https://example.com/orders')
      .describe('Method and URL'),
    query: z.record(z.string(), z.string()).optional().describe('Put behind the URL'),
    json: value.optional().describe('Sent as JSON'),
    form: texts.optional().describe('Sent as a form'),
    body: z.string().max(65_536).optional().describe('Sent as it is; not with GET'),
    headers: texts
      .optional()
      .describe('30 at the most, of 8 KB in all; how the request is framed and to whom it goes is not theirs to say'),
    timeout: duration.optional().describe('10s when not given, 30s at the most'),
    retries: z.int().min(0).max(5).optional().describe('After no answer, 429 or 5xx; 2 when not given'),
    save: z
      .union([name, z.record(name, z.string().regex(/^(status|body)(\.[\w-]+)*$/, 'must be status, body or a path such as body.id'))])
      .optional()
      .describe('Keeps the answer, or parts of it: { booking: body.id }'),
    on_error: target.optional().describe('Where it goes on when it fails; without it the run fails'),
    id,
  })
  .describe('Makes a request, once, with an Idempotency-Key');

export const emit = z
  .strictObject({
    emit: z.strictObject({
      event: z
        .string()
        .regex(/^[a-z][\w.-]{0,99}$/, 'must be small letters, digits, _ - and ., such as booking.created')
        .describe('The event is called custom. and this'),
      data: value.optional(),
    }),
    id,
  })
  .describe('Puts an event into the ledger, for webhooks');

export const go = z.strictObject({ go: target, id }).describe('Goes on elsewhere');
export const call = z
  .strictObject({
    call: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be the name of a flow')
      .describe('Another flow; where it ends, this one goes on'),
    with: z.record(name, value).optional().describe('Its inputs'),
    id,
  })
  .describe('Does another flow, and comes back');

export const handoff = z
  .strictObject({
    handoff: z.union([
      z.literal(true),
      z.strictObject({
        pause: duration.optional().describe('After this flows answer again; without it when somebody resumes'),
        note: z.string().max(1_000).optional().describe('For the person, in the event chat.handoff'),
      }),
    ]),
    id,
  })
  .describe('Gives the chat to a person, and ends');
