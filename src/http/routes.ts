import { LARGEST_BACKUP } from '../sessions/login/backup.ts';
import type { auditHandlers } from './handlers/audit.ts';
import type { bulkHandler } from './handlers/bulk.ts';
import type { directoryHandlers } from './handlers/directory.ts';
import type { erasureHandler } from './handlers/erasure.ts';
import type { eventHandlers } from './handlers/events.ts';
import type { flowHandlers } from './handlers/flows.ts';
import type { hubSettingHandlers } from './handlers/hub-settings.ts';
import type { limitsHandler } from './handlers/limits.ts';
import type { linkPageHandlers } from './handlers/link-pages.ts';
import type { mediaHandlers } from './handlers/media.ts';
import type { messageHandlers } from './handlers/messages.ts';
import type { nodeHandlers } from './handlers/nodes.ts';
import type { operationHandlers } from './handlers/operations.ts';
import type { passkeyTokenHandlers } from './handlers/passkey-tokens.ts';
import type { quarantineHandlers } from './handlers/quarantine.ts';
import type { sandboxHandlers } from './handlers/sandbox.ts';
import type { sessionHandlers } from './handlers/sessions.ts';
import type { tenantHandlers } from './handlers/tenants.ts';
import type { webhookHandlers } from './handlers/webhooks.ts';
import { type Route, under } from './route.ts';
import { AuditEntry, AuditQuery } from './shapes/audit.ts';
import { Bulk, BulkResults, LARGEST_BULK } from './shapes/bulk.ts';
import { PageByChat, PageByName, PageQuery, pageById, pageOf } from './shapes/common.ts';
import {
  Chat,
  ChatLabels,
  ChatsQuery,
  Contact,
  ContactsQuery,
  CreateGroup,
  Existence,
  ExistsQuery,
  Group,
  GroupsQuery,
  GroupWithParticipants,
  InviteLink,
  Label,
  MemberResults,
  NewGroup,
  OwnPresence,
  Participant,
  Participants,
  Presence,
  UpdateGroup,
} from './shapes/directory.ts';
import { EnginesHealth } from './shapes/engines.ts';
import { Erasure } from './shapes/erasure.ts';
import { Envelope, EventsPage, EventsQuery, LiveQuery } from './shapes/events.ts';
import {
  ChatText,
  Checked,
  ExplainQuery,
  Explanation,
  Flow,
  FlowFiles,
  FlowRequested,
  FlowRevision,
  FlowRevisionWithSource,
  FlowSource,
  Formatted,
  HandOff,
  Handoff,
  ListedFlow,
  ListedRun,
  OptOut,
  PageByRevision,
  PublishedFlow,
  PutQuery,
  Run,
  RunsQuery,
  Secret,
  SecretBody,
  Simulate,
  Simulated,
  StartFlow,
  Tested,
  TestFlow,
  Tests,
  TestsSource,
  TextsQuery,
} from './shapes/flows.ts';
import { EgressSettings, LogLevelBody, LogLevels } from './shapes/hub-settings.ts';
import { Limits } from './shapes/limits.ts';
import { CreateLinkPage, LinkPage, PasskeyToken } from './shapes/link-pages.ts';
import { MediaInfo, MediaShape, MediaUpload, UploadQuery } from './shapes/media.ts';
import { CountsQuery, Message, MessageCounts, MessagesQuery, MessageWithHistory, Typing } from './shapes/messages.ts';
import { Node } from './shapes/nodes.ts';
import { JsonObject, Live, Ready } from './shapes/operations.ts';
import { Aside, QuarantineQuery, Retried, WholeAside } from './shapes/quarantine.ts';
import { Ack, Disconnect, Faults, Happens, Receive, Received, Scan, Seen } from './shapes/sandbox.ts';
import { Send, SendForm } from './shapes/sends.ts';
import {
  Backup,
  CreateSession,
  Pairing,
  PairingCode,
  Passkey,
  PasskeyAnswer,
  PasskeyConfirm,
  Qr,
  QrQuery,
  RestoreQuery,
  Session,
  UpdateSession,
} from './shapes/sessions.ts';
import { Key, KeyBody, NewKey, NewTenant, Tenant, TenantBody, TenantChange } from './shapes/tenants.ts';
import {
  ChangedEndpoint,
  CreateEndpoint,
  DeliveriesQuery,
  Delivery,
  DeliveryWithAttempts,
  Endpoint,
  EndpointStats,
  NewEndpoint,
  Replay,
  ReplayPreview,
  ReplayProgress,
  ReplayQuery,
  RotateSecret,
  TestSent,
  UpdateEndpoint,
} from './shapes/webhooks.ts';

export interface Handlers {
  tenants: ReturnType<typeof tenantHandlers>;
  sessions: ReturnType<typeof sessionHandlers>;
  sandbox: ReturnType<typeof sandboxHandlers>;
  messages: ReturnType<typeof messageHandlers>;
  directory: ReturnType<typeof directoryHandlers>;
  bulk: ReturnType<typeof bulkHandler>;
  media: ReturnType<typeof mediaHandlers>;
  webhooks: ReturnType<typeof webhookHandlers>;
  erasure: ReturnType<typeof erasureHandler>;
  events: ReturnType<typeof eventHandlers>;
  flows: ReturnType<typeof flowHandlers>;
  audit: ReturnType<typeof auditHandlers>;
  limits: ReturnType<typeof limitsHandler>;
  linkPages: Pick<ReturnType<typeof linkPageHandlers>, 'create'>;
  passkeyTokens: Pick<ReturnType<typeof passkeyTokenHandlers>, 'create'>;
  quarantine: ReturnType<typeof quarantineHandlers>;
  nodes: ReturnType<typeof nodeHandlers>;
  hubSettings: ReturnType<typeof hubSettingHandlers>;
  operations: ReturnType<typeof operationHandlers>;
}

/** Every route of the hub: who may call it, what it takes, what it answers. Validation and OpenAPI come from here. */
export function routeTable(handlers: Handlers): Route[] {
  const { tenants, sessions, sandbox, messages, directory, bulk, media, webhooks, events, flows, audit, limits, operations } = handlers;
  const { quarantine, erasure, linkPages, passkeyTokens, nodes, hubSettings } = handlers;
  const root = under('');
  const tenant = under('/api/tenants/:id', tenants.target);
  const session = under('/api/sessions/:id', sessions.target);
  const endpoint = under('/api/webhooks/:id', webhooks.target);
  const flow = under('/api/flows/:name', flows.target);
  const aside = under('/api/quarantine/:id', quarantine.target);
  const draft = under('/api/flows/:name', flows.draft);
  return [
    root('admin', 'POST', '/api/tenants', 201, 'Make a tenant with its first key', tenants.create, {
      creates: true,
      body: TenantBody,
      output: NewTenant,
    }),
    root('admin', 'GET', '/api/tenants', 200, 'List tenants', tenants.list, { query: pageById('tnt'), output: pageOf(Tenant) }),
    tenant('admin', 'GET', '', 200, 'Read a tenant', tenants.get, { output: Tenant }),
    tenant('admin', 'PATCH', '', 200, 'Rename a tenant, or set what differs for it', tenants.update, {
      body: TenantChange,
      output: Tenant,
    }),
    tenant('admin', 'DELETE', '', 204, 'Remove a tenant and all it owns', tenants.remove),
    tenant('admin', 'POST', '/keys', 201, 'Make a key; it is shown this once', tenants.createKey, {
      creates: true,
      body: KeyBody,
      output: NewKey,
    }),
    tenant('admin', 'GET', '/keys', 200, 'List keys', tenants.listKeys, { output: pageOf(Key) }),
    tenant('admin', 'DELETE', '/keys/:keyId', 204, 'Revoke a key', tenants.revokeKey),
    root('keys:read', 'GET', '/api/keys', 200, 'List the keys of the own tenant', tenants.listOwnKeys, { output: pageOf(Key) }),

    root('admin', 'GET', '/api/nodes', 200, 'List the nodes of the cluster', nodes.list, { query: pageById('nod'), output: pageOf(Node) }),
    root('admin', 'POST', '/api/nodes/:id/drain', 204, 'Have a node hand over what it does for the others', nodes.drain),
    root('admin', 'GET', '/api/egress', 200, 'What the hub may reach', hubSettings.egress, { output: EgressSettings }),
    root('admin', 'GET', '/api/log-level', 200, 'What the hub logs', hubSettings.getLogLevel, { output: LogLevels }),
    root('admin', 'PATCH', '/api/log-level', 200, 'Log more or less until the next start', hubSettings.setLogLevel, {
      body: LogLevelBody,
      output: LogLevels,
    }),

    root('sessions:write', 'POST', '/api/sessions', 201, 'Make a session', sessions.create, {
      creates: true,
      problems: ['session-exists', 'limit-reached'],
      also: 200,
      body: CreateSession,
      output: Session,
      makesEvents: true,
    }),
    root('sessions:read', 'GET', '/api/sessions', 200, 'List sessions', sessions.list, { query: pageById('ses'), output: pageOf(Session) }),
    session('sessions:read', 'GET', '', 200, 'Read a session', sessions.get, { output: Session }),
    session('sessions:write', 'PATCH', '', 200, 'Change a session', sessions.update, { body: UpdateSession, output: Session }),
    session('sessions:write', 'DELETE', '', 204, 'End a session and remove its login', sessions.remove),
    session('sessions:write', 'POST', '/connect', 202, 'Start, or leave it running', sessions.connect, {
      output: Session,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/disconnect', 202, 'Stop; the login stays', sessions.disconnect, { output: Session }),
    session('sessions:write', 'POST', '/restart', 202, 'Stop and start', sessions.restart, { output: Session, makesEvents: true }),
    session('sessions:write', 'POST', '/logout', 202, 'Unlink the phone', sessions.logout, { output: Session }),
    session('sessions:read', 'GET', '/qr', 200, 'The QR code to scan now', sessions.qr, {
      problems: ['qr-unavailable'],
      query: QrQuery,
      output: Qr,
      produces: QR_IMAGES,
    }),
    session('sessions:write', 'POST', '/pairing-code', 200, 'A code to type on the phone instead of scanning', sessions.pair, {
      problems: ['pairing-unavailable'],
      body: PairingCode,
      output: Pairing,
      makesEvents: true,
    }),
    session('sessions:read', 'GET', '/passkey', 200, 'What the passkey of the account is asked to sign', sessions.passkey, {
      problems: ['passkey-unavailable'],
      output: Passkey,
    }),
    session('sessions:write', 'POST', '/passkey', 202, 'Hand over what the passkey signed', sessions.answerPasskey, {
      problems: ['passkey-unavailable'],
      body: PasskeyAnswer,
      output: Session,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/passkey/confirm', 202, 'Whether the code is that on the phone', sessions.confirmPasskey, {
      problems: ['passkey-unavailable'],
      body: PasskeyConfirm,
      output: Session,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/passkey/tokens', 201, 'Let a browser that has the passkey sign', passkeyTokens.create, {
      creates: true,
      problems: ['passkey-unavailable'],
      output: PasskeyToken,
    }),
    session('sessions:write', 'POST', '/link-pages', 201, 'A page for the person who has the phone, to link it on', linkPages.create, {
      creates: true,
      body: CreateLinkPage,
      output: LinkPage,
    }),
    // Reading it takes the right to write: it shows whatever the account does.
    session('sessions:write', 'GET', '/screenshot', 200, 'What the browser of a session shows now', sessions.screenshot, {
      produces: ['image/png'],
    }),
    // Reading it takes the right to write: it is a key to the account.
    session('sessions:write', 'GET', '/backup', 200, 'The login of a session, sealed', sessions.backup, { produces: [BYTES] }),
    session('sessions:write', 'POST', '/restore', 202, 'Put a backup in the place of the login', sessions.restore, {
      query: RestoreQuery,
      body: Backup,
      bodyType: 'bytes',
      bodyLimit: LARGEST_BACKUP,
      output: Session,
    }),

    session('messages:send', 'POST', '/messages', 202, 'Send a message', messages.send, {
      problems: ['limit-reached'],
      headers: [IDEMPOTENCY],
      body: Send,
      form: SendForm,
      output: Message,
      frequent: true,
      makesEvents: true,
    }),
    session('messages:read', 'GET', '/messages', 200, 'List messages', messages.list, { query: MessagesQuery, output: pageOf(Message) }),
    root('messages:send', 'POST', '/api/messages/bulk', 202, 'Send up to 1,000 messages', bulk, {
      problems: ['limit-reached'],
      headers: [IDEMPOTENCY],
      body: Bulk,
      bodyType: 'entries',
      bodyLimit: LARGEST_BULK,
      output: BulkResults,
      frequent: true,
      makesEvents: true,
    }),
    root(
      'messages:read',
      'GET',
      '/api/stats/messages',
      200,
      'How many messages came in and were sent, by the hour or day',
      messages.count,
      {
        query: CountsQuery,
        output: MessageCounts,
      },
    ),
    root('messages:read', 'GET', '/api/messages/:id', 200, 'A message with its history', messages.get, { output: MessageWithHistory }),
    root('messages:send', 'DELETE', '/api/messages/:id', 204, 'Cancel a message that still waits', messages.cancel, {
      problems: ['message-not-cancelable'],
    }),
    root('messages:send', 'POST', '/api/messages/:id/retry', 202, 'Send a failed or unknown one again', messages.retry, {
      problems: ['message-not-retryable', 'limit-reached'],
      output: MessageWithHistory,
      makesEvents: true,
    }),
    root('messages:send', 'POST', '/api/media', 201, 'Upload a file for sends to come', media.upload, {
      creates: true,
      problems: ['limit-reached'],
      query: UploadQuery,
      form: { schema: MediaUpload },
      output: MediaShape,
    }),
    root('messages:read', 'GET', '/api/media/:id', 200, 'The file of a message, or a part of it', media.download, {
      problems: ['range-not-satisfiable'],
      headers: ['Range', 'If-Range', 'If-None-Match'],
      gives: 'file',
    }),
    root('messages:send', 'DELETE', '/api/media/:id', 204, 'Remove a file; its message stays', media.remove),
    root('messages:read', 'GET', '/api/media/:id/info', 200, 'What a file is, and whether it is here', media.info, { output: MediaInfo }),

    session('messages:read', 'GET', '/contacts', 200, 'List contacts, by name', directory.contacts, {
      query: ContactsQuery,
      output: pageOf(Contact),
    }),
    session('messages:read', 'GET', '/contacts/:contact', 200, 'A contact', directory.contact, { output: Contact }),
    session('messages:read', 'GET', '/contacts/:contact/exists', 200, 'Whether a number is on WhatsApp', directory.exists, {
      query: ExistsQuery,
      output: Existence,
    }),
    session('messages:send', 'POST', '/contacts/:contact/block', 204, 'Block somebody', directory.block),
    session('messages:send', 'POST', '/contacts/:contact/unblock', 204, 'Let somebody in again', directory.unblock),

    session('sessions:write', 'DELETE', '/contacts/:contact/data', 200, 'Erase all that is kept of a person', erasure, {
      output: Erasure,
      also: 202,
    }),

    session('messages:read', 'GET', '/chats', 200, 'List chats, the latest first', directory.chats, {
      query: ChatsQuery,
      output: pageOf(Chat),
    }),
    session('messages:send', 'POST', '/chats/:chat/typing', 204, 'Show or hide the typing indicator', directory.typing, {
      body: Typing,
      frequent: true,
    }),
    session('messages:send', 'POST', '/chats/:chat/recording', 204, 'Show or hide "recording"', directory.recording, {
      body: Typing,
      frequent: true,
    }),
    session('messages:send', 'POST', '/chats/:chat/seen', 204, 'Mark a chat as read', directory.seen, { frequent: true }),
    session('messages:send', 'POST', '/chats/:chat/unseen', 204, 'Mark a chat as unread', directory.unseen, { frequent: true }),
    session('messages:read', 'GET', '/chats/:chat/presence', 200, 'Who is there; changes are events from then on', directory.presence, {
      output: Presence,
    }),
    session('messages:send', 'POST', '/presence', 204, 'Show the account as available or not', directory.setPresence, {
      body: OwnPresence,
      frequent: true,
    }),
    session('messages:read', 'GET', '/labels', 200, 'List labels', directory.labels, { query: PageQuery, output: pageOf(Label) }),
    session('messages:send', 'PUT', '/chats/:chat/labels', 204, 'Label a chat', directory.setLabels, { body: ChatLabels }),

    session('messages:read', 'GET', '/groups', 200, 'List groups, by subject', directory.groups, {
      query: GroupsQuery,
      output: pageOf(Group),
    }),
    session('messages:send', 'POST', '/groups', 201, 'Make a group', directory.createGroup, {
      creates: true,
      body: CreateGroup,
      output: NewGroup,
    }),
    session('messages:read', 'GET', '/groups/:group', 200, 'A group with its participants', directory.group, {
      output: GroupWithParticipants,
    }),
    session('messages:send', 'PATCH', '/groups/:group', 200, 'Change subject or description', directory.updateGroup, {
      body: UpdateGroup,
      output: GroupWithParticipants,
    }),
    session('messages:send', 'POST', '/groups/:group/leave', 204, 'Leave a group', directory.leaveGroup),
    session('messages:read', 'GET', '/groups/:group/participants', 200, 'List participants', directory.participants, {
      query: PageQuery,
      output: pageOf(Participant),
    }),
    session('messages:send', 'POST', '/groups/:group/participants', 200, 'Add participants', directory.add, MEMBERS),
    session('messages:send', 'POST', '/groups/:group/participants/remove', 200, 'Remove participants', directory.remove, MEMBERS),
    session('messages:send', 'POST', '/groups/:group/participants/promote', 200, 'Make participants admins', directory.promote, MEMBERS),
    session('messages:send', 'POST', '/groups/:group/participants/demote', 200, 'Make admins participants', directory.demote, MEMBERS),
    session('messages:read', 'GET', '/groups/:group/invite-link', 200, 'The link to join by', directory.inviteLink, { output: InviteLink }),
    session('messages:send', 'POST', '/groups/:group/invite-link', 200, 'A new link; the former one ends', directory.renewInviteLink, {
      creates: true,
      output: InviteLink,
    }),

    root('webhooks:write', 'POST', '/api/webhooks', 201, 'Register a URL', webhooks.create, {
      creates: true,
      problems: ['limit-reached'],
      body: CreateEndpoint,
      output: NewEndpoint,
    }),
    root('webhooks:read', 'GET', '/api/webhooks', 200, 'List endpoints', webhooks.list, {
      query: pageById('whk'),
      output: pageOf(Endpoint),
    }),
    endpoint('webhooks:read', 'GET', '', 200, 'Read an endpoint', webhooks.get, { output: Endpoint }),
    endpoint('webhooks:write', 'PATCH', '', 200, 'Change an endpoint', webhooks.update, { body: UpdateEndpoint, output: ChangedEndpoint }),
    endpoint('webhooks:write', 'DELETE', '', 204, 'Remove an endpoint', webhooks.remove),
    endpoint('webhooks:write', 'POST', '/rotate-secret', 200, 'Make a new secret', webhooks.rotateSecret, {
      creates: true,
      body: RotateSecret,
      output: NewEndpoint,
    }),
    endpoint('webhooks:write', 'POST', '/test', 202, 'Send it a webhook.test event', webhooks.test, {
      creates: true,
      output: TestSent,
      makesEvents: true,
    }),
    endpoint('webhooks:write', 'POST', '/enable', 200, 'Enable a disabled endpoint', webhooks.enable, { output: Endpoint }),
    endpoint('webhooks:write', 'POST', '/disable', 200, 'Send an endpoint nothing until it is enabled', webhooks.disable, {
      output: Endpoint,
    }),
    endpoint('webhooks:read', 'GET', '/deliveries', 200, 'List deliveries', webhooks.listDeliveries, DELIVERIES),
    endpoint('webhooks:read', 'GET', '/stats', 200, 'How an endpoint fares', webhooks.stats, { output: EndpointStats }),
    endpoint('webhooks:write', 'POST', '/replay', 202, 'Send a range of events again', webhooks.replay, {
      creates: true,
      body: Replay,
      output: ReplayProgress,
      makesEvents: true,
    }),
    endpoint('webhooks:read', 'GET', '/replay-preview', 200, 'How many events a replay would send again', webhooks.previewReplay, {
      query: ReplayQuery,
      output: ReplayPreview,
    }),
    endpoint('webhooks:read', 'GET', '/replays/:replayId', 200, 'How far a replay is', webhooks.getReplay, { output: ReplayProgress }),
    root('webhooks:read', 'GET', '/api/deliveries/:id', 200, 'With every attempt', webhooks.getDelivery, { output: DeliveryWithAttempts }),
    root('webhooks:write', 'POST', '/api/deliveries/:id/retry', 202, 'Deliver again', webhooks.retryDelivery, { output: Delivery }),

    root('events:read', 'GET', '/api/events', 200, 'The ledger from a cursor', events.list, {
      query: EventsQuery,
      output: EventsPage,
      headers: ['Last-Event-ID'],
      produces: [EVENT_STREAM],
    }),
    root('events:read', 'GET', '/api/events/ws', 101, 'The ledger, live, over WebSocket', events.connect, { query: LiveQuery }),
    root('events:read', 'GET', '/api/events/:id', 200, 'Read an event', events.get, { output: Envelope }),

    root('flows:read', 'GET', '/api/flows', 200, 'List flows', flows.list, { query: PageByName, output: pageOf(ListedFlow) }),
    root('flows:read', 'GET', '/api/flow-files', 200, 'What is wrong with the flow files of the hub', flows.files, { output: FlowFiles }),
    root('public', 'GET', '/api/flows/schema.json', 200, 'The language of flows as JSON Schema, for editors', flows.schema, {
      output: JsonObject,
    }),
    root('public', 'GET', '/api/flows/test.schema.json', 200, 'The language of *.test.yml as JSON Schema, for editors', flows.testSchema, {
      output: JsonObject,
    }),
    root('flows:read', 'POST', '/api/flows/check', 200, 'Check a flow without keeping it', flows.check, { ...YAML, output: Checked }),
    root('flows:read', 'POST', '/api/flows/format', 200, 'A flow or its tests as they are usually written', flows.format, {
      ...YAML,
      output: Formatted,
    }),
    root('flows:read', 'GET', '/api/flows/:name', 200, 'Read a flow', flows.get, { output: Flow }),
    root('flows:write', 'PUT', '/api/flows/:name', 200, 'Publish a flow', flows.put, {
      problems: ['limit-reached'],
      ...YAML,
      query: PutQuery,
      output: PublishedFlow,
    }),
    root('flows:write', 'DELETE', '/api/flows/:name', 204, 'Remove a flow', flows.remove),
    root('flows:read', 'GET', '/api/flows/:name/revisions', 200, 'List what was published under a name', flows.listRevisions, {
      query: PageByRevision,
      output: pageOf(FlowRevision),
    }),
    root('flows:read', 'GET', '/api/flows/:name/revisions/:revision', 200, 'Read a text as it was published', flows.getRevision, {
      output: FlowRevisionWithSource,
    }),
    draft('flows:read', 'POST', '/simulate', 200, 'What a flow would say', flows.simulate, {
      body: Simulate,
      output: Simulated,
    }),
    root('flows:read', 'GET', '/api/flows/:name/tests', 200, 'Read the tests of a flow', flows.tests, { output: Tests }),
    flow('flows:write', 'PUT', '/tests', 200, 'Keep tests with a flow', flows.putTests, {
      body: TestsSource,
      bodyType: 'yaml',
      output: Tests,
    }),
    flow('flows:write', 'DELETE', '/tests', 204, 'Remove the tests that are kept with a flow', flows.removeTests),
    draft('flows:read', 'POST', '/test', 200, 'Hold the conversations of a test file', flows.test, {
      body: TestFlow,
      output: Tested,
    }),
    flow('flows:write', 'POST', '/start', 202, 'Start a flow in a chat', flows.start, {
      headers: [IDEMPOTENCY],
      body: StartFlow,
      output: FlowRequested,
      makesEvents: true,
    }),
    root('flows:read', 'GET', '/api/flow-secrets', 200, 'List the names of the secrets', flows.listSecrets, {
      query: PageByName,
      output: pageOf(Secret),
    }),
    root('flows:write', 'PUT', '/api/flow-secrets/:name', 204, 'Set a secret for the step "http"; it is shown nowhere', flows.setSecret, {
      body: SecretBody,
    }),
    root('flows:write', 'DELETE', '/api/flow-secrets/:name', 204, 'Remove a secret', flows.removeSecret),
    root('flows:read', 'GET', '/api/runs', 200, 'List runs', flows.listRuns, { query: RunsQuery, output: pageOf(ListedRun) }),
    root('flows:read', 'GET', '/api/runs/:id', 200, 'Read a run with its trace', flows.getRun, { output: Run }),

    session('flows:read', 'GET', '/handoffs', 200, 'List the chats that are in the hands of a person', flows.listHandoffs, {
      query: PageByChat,
      output: pageOf(Handoff),
    }),
    session('flows:read', 'GET', '/chats/:chat/handoff', 200, 'Whether a person has taken the chat over', flows.handoff, {
      output: Handoff,
    }),
    session('flows:write', 'POST', '/chats/:chat/handoff', 200, 'Take the chat over from the flows', flows.handOff, {
      body: HandOff,
      output: Handoff,
      makesEvents: true,
    }),
    session('flows:read', 'GET', '/chats/:chat/flow-texts', 200, 'What flows say, filled in for a chat', flows.listTexts, {
      query: TextsQuery,
      output: pageOf(ChatText),
    }),
    session('flows:read', 'GET', '/chats/:chat/explain', 200, 'Why each flow did or did not answer a message', flows.explain, {
      query: ExplainQuery,
      output: Explanation,
    }),
    session('flows:write', 'POST', '/chats/:chat/resume', 200, 'Give the chat back to the flows', flows.resume, {
      output: Handoff,
      makesEvents: true,
    }),

    root('flows:read', 'GET', '/api/opt-outs', 200, 'List the contacts who want nothing more of flows', flows.listOptOuts, {
      query: PageByChat,
      output: pageOf(OptOut),
    }),
    session('flows:read', 'GET', '/chats/:chat/opt-out', 200, 'Whether flows may write to a contact', flows.optOut, { output: OptOut }),
    session('flows:write', 'PUT', '/chats/:chat/opt-out', 200, 'Have no flow write to a contact, in any session', flows.setOptOut, {
      output: OptOut,
      makesEvents: true,
    }),
    session('flows:write', 'DELETE', '/chats/:chat/opt-out', 200, 'Have flows write to a contact again', flows.removeOptOut, {
      output: OptOut,
      makesEvents: true,
    }),

    session('sessions:write', 'POST', '/sandbox/scan', 200, 'Sandbox: scan the QR code', sandbox.scan, {
      body: Scan,
      output: Session,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/sandbox/receive', 200, 'Sandbox: receive', sandbox.receive, {
      body: Receive,
      output: Received,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/sandbox/happens', 204, 'Sandbox: a reaction, an edit, a vote, a call…', sandbox.happens, {
      body: Happens,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/sandbox/ack', 204, 'Sandbox: delivered, read, played', sandbox.ack, {
      body: Ack,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/sandbox/disconnect', 204, 'Sandbox: lose the connection', sandbox.disconnect, {
      body: Disconnect,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/sandbox/faults', 204, 'Sandbox: sends fail, wait or hang', sandbox.faults, { body: Faults }),
    session('sessions:read', 'GET', '/sandbox/outbox', 200, 'Sandbox: what was sent', sandbox.outbox, {
      query: PageQuery,
      output: pageOf(Seen),
    }),

    root('audit:read', 'GET', '/api/audit', 200, 'Who changed what, the newest first', audit.list, {
      query: AuditQuery,
      output: pageOf(AuditEntry),
      acrossTenants: true,
    }),
    root(
      'messages:read',
      'GET',
      '/api/quarantine',
      200,
      'What could not be taken in and was set aside, the newest first',
      quarantine.list,
      {
        query: QuarantineQuery,
        output: pageOf(Aside),
        acrossTenants: true,
      },
    ),
    aside('messages:read', 'GET', '', 200, 'Read what was set aside', quarantine.get, { output: WholeAside, acrossTenants: true }),
    aside('messages:send', 'DELETE', '', 204, 'Drop what was set aside', quarantine.remove, { acrossTenants: true }),
    aside('messages:send', 'POST', '/retry', 200, 'Try to take it in after all', quarantine.retry, {
      output: Retried,
      acrossTenants: true,
    }),
    root('any-key', 'GET', '/api/limits', 200, 'What the tenant may have, and how much of it is used', limits, { output: Limits }),

    root('public', 'GET', '/health/live', 200, 'The process answers', operations.live, { output: Live }),
    root('public', 'GET', '/health/ready', 200, 'The hub takes requests', operations.readiness, { output: Ready, also: 503 }),
    root(
      'metrics:read',
      'GET',
      '/health/engines',
      200,
      "The engines, and how WhatsApp's page was when it was last looked at",
      operations.engines,
      {
        output: EnginesHealth,
      },
    ),
    root('metrics:read', 'GET', '/metrics', 200, 'How the hub fares, in the text format of Prometheus', operations.metrics, {
      produces: ['text/plain'],
    }),
    root('public', 'GET', '/openapi.json', 200, 'This interface, in OpenAPI 3.1', operations.openapi, { output: JsonObject }),
    root('public', 'GET', '/asyncapi.json', 200, 'The events of this hub, in AsyncAPI 3', operations.asyncapi, { output: JsonObject }),
    root('public', 'GET', '/postman.json', 200, 'This interface, as a collection for Postman', operations.postman, { output: JsonObject }),
    root('public', 'GET', '/docs.js', 200, 'What /docs runs', operations.docsScript, { produces: ['text/javascript'] }),
    root('public', 'GET', '/docs', 200, 'This interface, to be read', operations.docs, { produces: [HTML] }),
  ];
}

const IDEMPOTENCY = 'Idempotency-Key';
const QR_IMAGES = ['image/png', 'image/svg+xml', 'text/plain'];
const BYTES = 'application/octet-stream';
const HTML = 'text/html';
const EVENT_STREAM = 'text/event-stream';
const YAML = { body: FlowSource, bodyType: 'yaml' } as const;
const MEMBERS = { body: Participants, output: MemberResults };
const DELIVERIES = { query: DeliveriesQuery, output: pageOf(Delivery) };
