import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { type Method, type Route, under } from '../../http/route.ts';
import { WAHA } from './dialect.ts';
import type { directoryHandlers } from './directory.ts';
import type { messageHandlers } from './messages.ts';
import * as Body from './requests.ts';
import type { sessionHandlers } from './sessions.ts';

export interface WahaHandlers {
  sessions: ReturnType<typeof sessionHandlers>;
  messages: ReturnType<typeof messageHandlers>;
  directory: ReturnType<typeof directoryHandlers>;
  version(): Promise<object>;
  describe(): Promise<object>;
}

/** Anything: what is answered is in docs/migrate-from-waha.md. */
const Answer = z.unknown();

const BY_NAME = 'Name the session in the path: /api/sessions/{session}/start, …/stop and …/logout';
const STATUSES = 'The hub sends no statuses';
const CHANNELS = 'The hub has no calls for channels';
const GROUPS = 'Groups are asked for and changed at /api/sessions/{id}/groups of the hub';
const PROFILES = 'The hub neither reads nor changes profiles: do it on the phone';
const LABELS = 'Labels are at /api/sessions/{id}/labels and …/chats/{chat}/labels of the hub';
const CHATS = 'The hub archives, pins and deletes nothing: do it on the phone';
const HUB = 'The hub is run by its operator, not over this API';

/** What WAHA has and the hub has not, and what is to be used instead. */
const ABSENT: readonly (readonly [instead: string, calls: string])[] = [
  [BY_NAME, 'POST /api/sessions/start, POST /api/sessions/stop, POST /api/sessions/logout'],
  [
    'WhatsApp shows no buttons of a linked device: use a list (sendList), a poll, or numbered text',
    'POST /api/sendButtons, POST /api/send/buttons/reply',
  ],
  ['The hub stars no messages', 'PUT /api/star'],
  ['WhatsApp makes the preview of a link: send the text with linkPreview', 'POST /api/send/link-custom-preview'],
  ['The hub votes in no polls, and sends no events', 'POST /api/sendPollVote, POST /api/:id/events'],
  ['Send the text by POST /api/sendText', 'GET /api/sendText'],
  ['Messages are at GET /api/{session}/chats/{chatId}/messages', 'GET /api/messages'],
  [
    PROFILES,
    'GET /api/contacts/about, GET /api/contacts/profile-picture, GET /api/:id/profile, PUT /api/:id/profile/name, PUT /api/:id/profile/status',
  ],
  [PROFILES, 'PUT /api/:id/profile/picture, DELETE /api/:id/profile/picture'],
  [
    CHATS,
    'DELETE /api/:id/chats/:chat, DELETE /api/:id/chats/:chat/messages, POST /api/:id/chats/:chat/archive, POST /api/:id/chats/:chat/unarchive',
  ],
  [CHATS, 'POST /api/:id/chats/:chat/messages/:message/pin, POST /api/:id/chats/:chat/messages/:message/unpin'],
  [
    STATUSES,
    'POST /api/:id/status/text, POST /api/:id/status/image, POST /api/:id/status/voice, POST /api/:id/status/video, POST /api/:id/status/delete',
  ],
  [CHANNELS, 'GET /api/:id/channels, POST /api/:id/channels, GET /api/:id/channels/:channel, DELETE /api/:id/channels/:channel'],
  [
    LABELS,
    'GET /api/:id/labels, POST /api/:id/labels, GET /api/:id/labels/chats/:chat, PUT /api/:id/labels/chats/:chat, GET /api/:id/labels/:label/chats',
  ],
  [
    GROUPS,
    'GET /api/:id/groups, POST /api/:id/groups, GET /api/:id/groups/:group, DELETE /api/:id/groups/:group, POST /api/:id/groups/:group/leave',
  ],
  [
    GROUPS,
    'GET /api/:id/groups/:group/participants, POST /api/:id/groups/:group/participants/add, POST /api/:id/groups/:group/participants/remove',
  ],
  [GROUPS, 'POST /api/:id/groups/:group/admin/promote, POST /api/:id/groups/:group/admin/demote, PUT /api/:id/groups/:group/subject'],
  [
    GROUPS,
    'PUT /api/:id/groups/:group/description, GET /api/:id/groups/:group/invite-code, POST /api/:id/groups/:group/invite-code/revoke',
  ],
  [HUB, 'POST /api/server/stop, GET /api/server/environment, GET /api/keys, POST /api/keys'],
];

/** The paths of WAHA that the hub answers as it does, with the keys, rights and limits of the hub. */
export function wahaRoutes({ sessions, messages, directory, version, describe }: WahaHandlers): Route[] {
  const root = under(WAHA.base);
  const session = under(WAHA.base, sessions.target);
  /** What asks the phone is answered where the session runs. */
  const AT_PHONE = { place: 'owner', output: Answer } as const;
  const NAMED = { ...AT_PHONE, sessionIn: 'body', frequent: true } as const;
  const ASKED = { ...AT_PHONE, sessionIn: 'query', frequent: true } as const;
  const ABOUT = { output: Answer, headers: ['Idempotency-Key'], frequent: true, makesEvents: true };
  const SENDS = { ...ABOUT, sessionIn: 'body' as const };
  const rows = [
    root('public', 'GET', '/openapi.json', 200, 'What is here, as OpenAPI', describe, { output: Answer }),
    root('public', 'GET', '/ping', 200, 'Whether anybody answers', async () => ({ message: 'pong' }), { output: Answer }),
    root('any-key', 'GET', '/api/server/version', 200, 'The version of the hub', version, { output: Answer }),
    root('any-key', 'GET', '/api/version', 200, 'The version of the hub', version, { output: Answer }),

    root('sessions:read', 'GET', '/api/sessions', 200, 'List sessions', sessions.list, { query: Body.ListQuery, output: Answer }),
    root('sessions:write', 'POST', '/api/sessions', 201, 'Make a session', sessions.create, {
      place: 'room',
      body: Body.Create,
      output: Answer,
      makesEvents: true,
    }),
    session('sessions:read', 'GET', '/api/sessions/:id', 200, 'A session', sessions.get, AT_PHONE),
    session('sessions:write', 'PUT', '/api/sessions/:id', 200, 'Change the settings of a session', sessions.update, {
      ...AT_PHONE,
      body: Body.Update,
    }),
    session('sessions:write', 'DELETE', '/api/sessions/:id', 200, 'End a session and remove its login', sessions.remove, AT_PHONE),
    session('sessions:read', 'GET', '/api/sessions/:id/me', 200, 'The account of a session', sessions.me, AT_PHONE),
    session('sessions:write', 'POST', '/api/sessions/:id/start', 201, 'Start', sessions.start, { ...AT_PHONE, makesEvents: true }),
    session('sessions:write', 'POST', '/api/sessions/:id/stop', 201, 'Stop, and keep the login', sessions.stop, AT_PHONE),
    session('sessions:write', 'POST', '/api/sessions/:id/restart', 201, 'Stop and start', sessions.restart, {
      ...AT_PHONE,
      makesEvents: true,
    }),
    session('sessions:write', 'POST', '/api/sessions/:id/logout', 201, 'Unlink the phone', sessions.logout, AT_PHONE),
    session('sessions:read', 'GET', '/api/:id/auth/qr', 200, 'The code to scan', sessions.code, {
      ...AT_PHONE,
      query: Body.CodeQuery,
      produces: ['image/png'],
    }),
    session('sessions:write', 'POST', '/api/:id/auth/request-code', 201, 'A code to be typed on the phone', sessions.requestCode, {
      ...AT_PHONE,
      body: Body.RequestCode,
    }),
    session('sessions:write', 'GET', '/api/screenshot', 200, 'What is seen of a session', sessions.screenshot, {
      ...AT_PHONE,
      sessionIn: 'query',
      query: Body.SessionQuery,
      produces: ['image/png'],
    }),

    session('messages:send', 'POST', '/api/sendText', 201, 'Send a text', messages.text, { ...SENDS, body: Body.Text }),
    session('messages:send', 'POST', '/api/reply', 201, 'Send a text', messages.text, { ...SENDS, body: Body.Text }),
    session('messages:send', 'POST', '/api/sendLinkPreview', 201, 'Send a link', messages.link, { ...SENDS, body: Body.LinkMessage }),
    session('messages:send', 'POST', '/api/sendImage', 201, 'Send an image', messages.image, { ...SENDS, body: Body.FileMessage }),
    session('messages:send', 'POST', '/api/sendFile', 201, 'Send a file', messages.file, { ...SENDS, body: Body.FileMessage }),
    session('messages:send', 'POST', '/api/sendVoice', 201, 'Send a voice note', messages.voice, { ...SENDS, body: Body.FileMessage }),
    session('messages:send', 'POST', '/api/sendVideo', 201, 'Send a video', messages.video, { ...SENDS, body: Body.FileMessage }),
    session('messages:send', 'POST', '/api/sendPoll', 201, 'Send a poll', messages.poll, { ...SENDS, body: Body.PollMessage }),
    session('messages:send', 'POST', '/api/sendLocation', 201, 'Send a place', messages.place, { ...SENDS, body: Body.PlaceMessage }),
    session('messages:send', 'POST', '/api/sendContactVcard', 201, 'Send contacts', messages.contact, {
      ...SENDS,
      body: Body.ContactMessage,
    }),
    session('messages:send', 'POST', '/api/sendList', 201, 'Send a list', messages.list, { ...SENDS, body: Body.ListMessage }),
    session('messages:send', 'POST', '/api/forwardMessage', 201, 'Forward a message', messages.forward, { ...SENDS, body: Body.Forward }),
    session('messages:send', 'PUT', '/api/reaction', 200, 'React to a message', messages.react, { ...SENDS, body: Body.Reaction }),
    session('messages:send', 'POST', '/api/sendSeen', 201, 'Mark a chat as read', directory.seen, { ...NAMED, body: Body.Chat }),
    session('messages:send', 'POST', '/api/startTyping', 201, 'Show the typing indicator', directory.startTyping, {
      ...NAMED,
      body: Body.Chat,
    }),
    session('messages:send', 'POST', '/api/stopTyping', 201, 'Hide the typing indicator', directory.stopTyping, {
      ...NAMED,
      body: Body.Chat,
    }),

    session('messages:read', 'GET', '/api/contacts/check-exists', 200, 'Whether a number is on WhatsApp', directory.exists, {
      ...ASKED,
      query: Body.NumberQuery,
    }),
    session('messages:read', 'GET', '/api/checkNumberStatus', 200, 'Whether a number is on WhatsApp', directory.exists, {
      ...ASKED,
      query: Body.NumberQuery,
    }),
    session('messages:read', 'GET', '/api/contacts/all', 200, 'List contacts', directory.contacts, { ...ASKED, query: Body.ContactsQuery }),
    session('messages:read', 'GET', '/api/contacts', 200, 'A contact', directory.contact, { ...ASKED, query: Body.ContactQuery }),
    session('messages:send', 'POST', '/api/contacts/block', 201, 'Block somebody', directory.block, { ...NAMED, body: Body.Person }),
    session('messages:send', 'POST', '/api/contacts/unblock', 201, 'Let somebody in again', directory.unblock, {
      ...NAMED,
      body: Body.Person,
    }),

    session('messages:read', 'GET', '/api/:id/chats', 200, 'List chats, the latest first', directory.chats, {
      ...AT_PHONE,
      query: Body.ChatsQuery,
      frequent: true,
    }),
    session('messages:read', 'GET', '/api/:id/chats/overview', 200, 'List chats with their last messages', directory.overview, {
      ...AT_PHONE,
      query: Body.ChatsQuery,
      frequent: true,
    }),
    session('messages:read', 'GET', '/api/:id/chats/:chat/messages', 200, 'List messages, the latest first', messages.messages, {
      query: Body.MessagesQuery,
      output: Answer,
    }),
    session('messages:read', 'GET', '/api/:id/chats/:chat/messages/:message', 200, 'A message', messages.message, { output: Answer }),
    session('messages:send', 'PUT', '/api/:id/chats/:chat/messages/:message', 200, 'Change a text', messages.edit, {
      ...ABOUT,
      body: Body.Edit,
    }),
    session(
      'messages:send',
      'DELETE',
      '/api/:id/chats/:chat/messages/:message',
      200,
      'Delete a message for everybody',
      messages.remove,
      ABOUT,
    ),
    session('messages:send', 'POST', '/api/:id/chats/:chat/messages/read', 201, 'Mark a chat as read', directory.read, {
      ...AT_PHONE,
      frequent: true,
    }),
    session('messages:send', 'POST', '/api/:id/chats/:chat/unread', 201, 'Mark a chat as unread', directory.unread, {
      ...AT_PHONE,
      frequent: true,
    }),

    session('messages:send', 'POST', '/api/:id/presence', 201, 'Show the account as available, or typing', directory.setPresence, {
      ...AT_PHONE,
      body: Body.Presence,
      frequent: true,
    }),
    session('messages:read', 'GET', '/api/:id/presence/:chat', 200, 'Whether somebody is available', directory.presence, AT_PHONE),
    session(
      'messages:read',
      'POST',
      '/api/:id/presence/:chat/subscribe',
      201,
      'Hear whether somebody is available',
      directory.presence,
      AT_PHONE,
    ),

    session('messages:read', 'GET', '/api/:id/lids', 200, 'List hidden numbers', directory.lids, { ...AT_PHONE, query: Body.PageQuery }),
    session('messages:read', 'GET', '/api/:id/lids/count', 200, 'How many hidden numbers are known', directory.lidCount, AT_PHONE),
    session('messages:read', 'GET', '/api/:id/lids/pn/:phone', 200, 'The hidden number of a phone', directory.lidOfPhone, {
      output: Answer,
    }),
    session('messages:read', 'GET', '/api/:id/lids/:lid', 200, 'The phone of a hidden number', directory.phoneOf, { output: Answer }),

    ...ABSENT.flatMap(([instead, calls]) => calls.split(', ').map((call) => absent(call.split(' ') as [Method, string], instead))),
  ];
  return rows.map((row) => ({ ...row, dialect: WAHA }));

  function absent([method, path]: [Method, string], instead: string): Route {
    const refuse = () => Promise.reject(new HooklineError('not-supported-by-engine', instead));
    const row = path.includes('/:id/') ? session : root;
    return row('any-key', method, path, 200, instead, refuse, { output: Answer, isAbsent: true });
  }
}
