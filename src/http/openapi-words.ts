/** What the description says in words: of tags, places in a path, headers and rights. */
import { isOfHub } from '../tenants/scopes.ts';
import type { Route } from './route.ts';

/** The first word of the path; a tag without a description is a word that is missing here. */
const OF_HUB = new Set(['egress', 'log-level']);

export function tagOf({ path }: Route): string {
  const [, first = ''] = /^\/(?:api|compat\/\w+)(?:\/:\w+)?\/([^/.:]+)(?=\/|$)/.exec(path) ?? [];
  return first === '' || OF_HUB.has(first) ? 'operations' : first;
}

export const TAGS: Record<string, string> = {
  audit: 'Who changed what',
  deliveries: 'What endpoints were sent, with every attempt',
  events: 'The ledger: all that happened, in its order',
  flows: 'Replies that are written in YAML',
  'flow-secrets': 'What the step "http" of a flow may send along',
  keys: 'The keys of the own tenant',
  limits: 'How much of what a tenant may have it has',
  media: 'Files of messages',
  messages: 'What was sent and what came in',
  nodes: 'The hubs of a cluster',
  'flow-files': 'The flow files of the hub',
  'opt-outs': 'Contacts who want nothing more of flows',
  operations: 'The hub itself: its health, metrics, settings and descriptions',
  quarantine: 'What could not be taken in and was set aside',
  runs: 'Runs of flows',
  stats: 'What there was, counted by the hour or day',
  sessions: 'Linked phones, their chats, contacts and groups, and the sandbox',
  tenants: 'Those whom the hub serves, and their keys',
  webhooks: 'Endpoints: URLs that events are sent to',
};

/** What a place of a path stands for; `id`, by what it is the id of. */
export const PLACES: Record<string, readonly [about: string, example: string]> = {
  tenants: ['The id of a tenant', 'tnt_01m8nkted51zxgyd9d512vwcmg'],
  sessions: ['The id or the name of a session', 'shop'],
  nodes: ['The id of a node', 'nod_01m8nkted51zxgyd9d512vwcmg'],
  messages: ['The id of a message', 'msg_01m8nktk34k1vc7msard1jc7w7'],
  media: ['The id of a file', 'med_01m8nktmc6jws77ev9ygnhtjhe'],
  webhooks: ['The id of an endpoint', 'whk_01m8nktjshg9frdntg5r28fqax'],
  deliveries: ['The id of a delivery', 'dlv_01m8nktk1ngjbhkye987nytsah'],
  runs: ['The id of a run', 'run_01m8nktjxtgf596mgsrgwwqpkk'],
  quarantine: ['The id of what was set aside', 'qrt_01m8nktp9w6e2c8m4r0t5v7x1z'],
  events: ['The id of an event', 'evt_01m8nktjvcwn15sz6vt5rgz858'],
  keyId: ['The id of a key', 'key_01m8nktefvtmkzp3ssdts71h0k'],
  replayId: ['The id of a replay', 'rpl_01m8nktnnww41xnj4a93p0p4k9'],
  contact: ['A phone number, a WhatsApp address, or a username such as @ana.shop', '5511988887777'],
  chat: ['A phone number, or the WhatsApp address of a person or group', '5511988887777'],
  group: ['The WhatsApp address of a group', '120363163630233313@g.us'],
  name: ['The name', 'opening'],
  revision: ['The number of a revision', '2'],
  cloud: [
    'The id or the name of a session, which is a phone number; the id of the tenant, which is the account; or that of a file',
    'shop',
  ],
};

/** What the headers say that routes read. */
export const HEADERS: Record<string, string> = {
  'Idempotency-Key':
    'Of your choice, 1 to 255 printable ASCII characters without blanks: what is sent again with the same key is done once, and answered as it was',
  'Last-Event-ID': 'The event to go on from, as EventSource sends it',
  Range: 'The part of the file that is wanted',
  'If-Range': 'The ETag that the part belongs to',
  'If-None-Match': 'The ETag of the file that you have',
};

export const ALSO = { 200: 'It was there already', 202: 'It goes on', 503: 'Not yet, or no longer' };

export function rightsOf({ access, acrossTenants }: Route): string {
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
