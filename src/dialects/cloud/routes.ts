import { z } from 'zod';
import { type Route, under } from '../../http/route.ts';
import type { FilePart } from '../requests.ts';
import type { accountHandlers } from './accounts.ts';
import { absent, CLOUD } from './dialect.ts';
import type { messageHandlers } from './messages.ts';
import * as Body from './requests.ts';
import type { webhookHandlers } from './webhooks.ts';

export interface CloudHandlers {
  accounts: ReturnType<typeof accountHandlers>;
  messages: ReturnType<typeof messageHandlers>;
  webhooks: ReturnType<typeof webhookHandlers>;
  filePart: FilePart;
  describe(): Promise<object>;
}

/** What its clients read of an answer is told in answers.ts. */
const Answer = z.unknown();

type Absent = readonly [method: 'GET' | 'POST' | 'DELETE', path: string, instead: string];

const PROFILE = 'Change the profile on the phone';
const CODES = 'A phone is linked by its own WhatsApp: GET /api/sessions/{id}/qr, or POST /api/sessions/{id}/link-pages';
const CALLS = 'The hub makes no calls; those that come are told (the event "call.incoming")';
const QR_CODES = 'Make the link yourself: https://wa.me/NUMBER?text=…';

/** What there is of a phone number at Meta and not here, and what is to be used instead. */
const NOT_OF_PHONE: readonly Absent[] = [
  ['POST', '', PROFILE],
  ['GET', '/whatsapp_business_profile', PROFILE],
  ['POST', '/whatsapp_business_profile', PROFILE],
  ['POST', '/request_code', CODES],
  ['POST', '/verify_code', CODES],
  ['GET', '/settings', 'Settings of a session are at GET and PATCH /api/sessions/{id}'],
  ['POST', '/settings', 'Settings of a session are at GET and PATCH /api/sessions/{id}'],
  ...(['GET', 'POST', 'DELETE'] as const).map(
    (method): Absent => [method, '/block_users', 'Contacts are blocked at POST /api/sessions/{id}/contacts/{contact}/block'],
  ),
  ['POST', '/conversational_automation', 'Flows of the hub answer in chats: PUT /api/flows/{name}'],
  ['POST', '/calls', CALLS],
  ['GET', '/call_permissions', CALLS],
  ['GET', '/message_qrdls', QR_CODES],
  ['POST', '/message_qrdls', QR_CODES],
];
const TEMPLATES = 'Templates are of the Cloud API; a linked phone sends any text at any time';
/** The same of an account. */
const NOT_OF_ACCOUNT: readonly Absent[] = [
  ['POST', '/message_templates', TEMPLATES],
  ['DELETE', '/message_templates', TEMPLATES],
  ['GET', '/flows', 'Flows of WhatsApp are of the Cloud API; the hub has its own: GET /api/flows'],
  ['POST', '/flows', 'Flows of WhatsApp are of the Cloud API; the hub has its own: PUT /api/flows/{name}'],
];

/** The paths of Meta's Cloud API that the hub answers as it does, with the keys, rights and limits of the hub. */
export function cloudRoutes({ accounts, messages, webhooks, filePart, describe }: CloudHandlers): Route[] {
  const { targets } = accounts;
  const root = under(CLOUD.base);
  const node = under(`${CLOUD.base}/:id`, targets.node);
  const file = under(`${CLOUD.base}/:id`, targets.file);
  const phone = under(`${CLOUD.base}/:id`, targets.phone);
  const account = under(`${CLOUD.base}/:id`, targets.account);
  const UploadForm = { schema: z.object({ file: filePart, messaging_product: z.string().optional(), type: z.string().optional() }) };
  const rows = [
    root('public', 'GET', '/openapi.json', 200, 'What is here, as OpenAPI', describe, { output: Answer }),

    root('any-key', 'GET', '/debug_token', 200, 'What the key may do', accounts.token, { query: Body.TokenQuery, output: Answer }),

    // What was read is told to the phone, where the session runs.
    phone('messages:send', 'POST', '/messages', 200, 'Send a message, or mark one as read', messages.messages, {
      place: 'owner',
      body: Body.Message,
      output: Answer,
      headers: ['Idempotency-Key'],
      frequent: true,
      makesEvents: true,
    }),
    phone('messages:send', 'POST', '/media', 200, 'Upload a file for sends to come', messages.upload, { form: UploadForm, output: Answer }),
    phone('sessions:write', 'POST', '/register', 200, 'Start the session', accounts.register, {
      place: 'owner',
      output: Answer,
      makesEvents: true,
    }),
    phone('sessions:write', 'POST', '/deregister', 200, 'Stop the session, which stays linked', accounts.deregister, {
      place: 'owner',
      output: Answer,
    }),

    account('sessions:read', 'GET', '/phone_numbers', 200, 'List sessions', accounts.phones, { query: Body.PhonesQuery, output: Answer }),
    account('sessions:read', 'GET', '/message_templates', 200, 'An empty list: a linked phone needs no templates', accounts.templates, {
      output: Answer,
    }),

    account('webhooks:read', 'GET', '/subscribed_apps', 200, 'List where webhooks go', webhooks.list, { output: Answer }),
    account('webhooks:write', 'POST', '/subscribed_apps', 200, 'Send webhooks to a URL', webhooks.subscribe, {
      body: Body.Subscription,
      output: Answer,
    }),
    account('webhooks:write', 'DELETE', '/subscribed_apps', 200, 'Send no more of them', webhooks.unsubscribe, { output: Answer }),

    // What it takes is decided by what the id is of: `sessions:read`, or `messages:read` for a file.
    node('any-key', 'GET', '', 200, 'A session, the tenant, or where a file is to be had', accounts.node, {
      query: Body.NodeQuery,
      output: Answer,
      frequent: true,
    }),
    file('messages:send', 'DELETE', '', 200, 'Remove a file', ({ tenantId, target }) => messages.removeFile(tenantId, target), {
      output: Answer,
    }),

    ...NOT_OF_PHONE.map(([method, path, instead]) =>
      phone('any-key', method, path, 200, instead, () => Promise.reject(absent(instead)), { isAbsent: true, output: Answer }),
    ),
    ...NOT_OF_ACCOUNT.map(([method, path, instead]) =>
      account('any-key', method, path, 200, instead, () => Promise.reject(absent(instead)), { isAbsent: true, output: Answer }),
    ),
  ];
  return rows.map((row) => ({ ...row, dialect: CLOUD }));
}
