import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { type Method, type Route, under } from '../../http/route.ts';
import type { FilePart } from '../requests.ts';
import { WPPCONNECT } from './dialect.ts';
import type { messageHandlers } from './messages.ts';
import * as Body from './requests.ts';
import type { sessionHandlers } from './sessions.ts';

export interface WppconnectHandlers {
  sessions: ReturnType<typeof sessionHandlers>;
  messages: ReturnType<typeof messageHandlers>;
  filePart: FilePart;
  describe(): Promise<object>;
}

/** Anything: what is answered is in docs/migrate-from-wppconnect-server.md. */
const Answer = z.unknown();

/** What wppconnect-server has and the hub has not, and what is to be used instead; each below `/api/{session}/`. */
const ABSENT: readonly (readonly [instead: string, method: Method, calls: string])[] = [
  ['WhatsApp shows no buttons of a linked device: use a poll, or numbered text', 'POST', 'send-buttons send-order-message send-pix-key'],
  ['Send the text by send-message: WhatsApp makes the preview', 'POST', 'send-link-preview'],
  ['The hub sends no statuses', 'POST', 'send-status send-text-storie send-image-storie send-video-storie'],
  ['Send the video by send-file', 'POST', 'send-sticker-gif'],
  ['Chats are listed at /api/sessions/{id}/chats of the hub', 'POST', 'list-chats'],
  ['Chats are listed at /api/sessions/{id}/chats of the hub', 'GET', 'all-chats all-chats-archived all-chats-with-messages'],
  ['Contacts are listed at /api/sessions/{id}/contacts of the hub', 'GET', 'all-contacts blocklist'],
  ['Groups are asked for and changed at /api/sessions/{id}/groups of the hub', 'GET', 'all-groups'],
  [
    'Groups are asked for and changed at /api/sessions/{id}/groups of the hub',
    'POST',
    'create-group leave-group join-code add-participant-group remove-participant-group',
  ],
  [
    'The hub archives, pins, stars and deletes nothing: do it on the phone',
    'POST',
    'archive-chat pin-chat star-message clear-chat delete-chat send-mute',
  ],
  ['The hub neither reads nor changes profiles: do it on the phone', 'POST', 'set-profile-pic profile-status change-username'],
  ['Calls are told of, and not refused', 'POST', 'reject-call'],
  ['Chatwoot is not connected from here', 'POST', 'chatwoot'],
];

/** The paths of wppconnect-server 2.10 that the hub answers as it does, with the keys, rights and limits of the hub. */
export function wppconnectRoutes({ sessions, messages, filePart, describe }: WppconnectHandlers): Route[] {
  const root = under(WPPCONNECT.base);
  const session = under(WPPCONNECT.base, sessions.target);
  const toStart = under(WPPCONNECT.base, sessions.targetToStart);
  /** What asks the phone is answered where the session runs. */
  const AT_PHONE = { place: 'owner', output: Answer } as const;
  const SEEN = { ...AT_PHONE, frequent: true };
  const SENDS = { output: Answer, headers: ['Idempotency-Key'], frequent: true, makesEvents: true };
  const FILES = { ...SENDS, body: Body.FileMessage, form: Body.fileForm(filePart) };
  const rows = [
    root('public', 'GET', '/openapi.json', 200, 'What is here, as OpenAPI', describe, { output: Answer }),
    root('any-key', 'POST', '/api/:id/:secret/generate-token', 201, 'The key that is shown in the header, as a token', sessions.token, {
      output: Answer,
    }),
    root('sessions:read', 'GET', '/api/:secret/show-all-sessions', 200, 'List sessions', sessions.list, { output: Answer }),

    toStart('sessions:write', 'POST', '/api/:id/start-session', 200, 'Start a session; one that is new is made', sessions.start, {
      ...AT_PHONE,
      body: Body.Start,
      makesEvents: true,
    }),
    session('sessions:read', 'GET', '/api/:id/status-session', 200, 'How a session stands, with its code', sessions.state, AT_PHONE),
    session('sessions:read', 'GET', '/api/:id/check-connection-session', 200, 'Whether it is connected', sessions.isConnected, AT_PHONE),
    session('sessions:read', 'GET', '/api/:id/qrcode-session', 200, 'The code to scan', sessions.code, {
      ...AT_PHONE,
      produces: ['image/png'],
    }),
    session('sessions:write', 'POST', '/api/:id/close-session', 200, 'Stop, and keep the login', sessions.close, AT_PHONE),
    session('sessions:write', 'POST', '/api/:id/logout-session', 200, 'Unlink the phone', sessions.logout, AT_PHONE),

    session('messages:send', 'POST', '/api/:id/send-message', 201, 'Send a text', messages.text, { ...SENDS, body: Body.Message }),
    session('messages:send', 'POST', '/api/:id/send-reply', 201, 'Answer a message', messages.reply, { ...SENDS, body: Body.Reply }),
    session('messages:send', 'POST', '/api/:id/send-mentioned', 201, 'Send a text that names people', messages.mentioned, {
      ...SENDS,
      body: Body.Mentioned,
    }),
    session('messages:send', 'POST', '/api/:id/send-image', 201, 'Send an image', messages.image, FILES),
    session('messages:send', 'POST', '/api/:id/send-file', 201, 'Send a file', messages.file, FILES),
    session('messages:send', 'POST', '/api/:id/send-file-base64', 201, 'Send a file', messages.file, { ...SENDS, body: Body.FileMessage }),
    session('messages:send', 'POST', '/api/:id/send-sticker', 201, 'Send a sticker', messages.sticker, FILES),
    session('messages:send', 'POST', '/api/:id/send-voice', 201, 'Send a voice note', messages.voice, { ...SENDS, body: Body.Voice }),
    session('messages:send', 'POST', '/api/:id/send-voice-base64', 201, 'Send a voice note', messages.voice, {
      ...SENDS,
      body: Body.Voice,
    }),
    session('messages:send', 'POST', '/api/:id/send-location', 201, 'Send a place', messages.place, { ...SENDS, body: Body.PlaceMessage }),
    session('messages:send', 'POST', '/api/:id/contact-vcard', 200, 'Send contacts', messages.cards, { ...SENDS, body: Body.Cards }),
    session('messages:send', 'POST', '/api/:id/send-poll-message', 201, 'Send a poll', messages.poll, { ...SENDS, body: Body.PollMessage }),
    session('messages:send', 'POST', '/api/:id/send-list-message', 201, 'Send a list', messages.list, { ...SENDS, body: Body.ListMessage }),
    session('messages:send', 'POST', '/api/:id/edit-message', 201, 'Change a text', messages.edit, { ...SENDS, body: Body.Edit }),
    session('messages:send', 'POST', '/api/:id/react-message', 200, 'React to a message', messages.react, { ...SENDS, body: Body.React }),
    session('messages:send', 'POST', '/api/:id/delete-message', 200, 'Delete a message for everybody', messages.remove, {
      ...SENDS,
      body: Body.Delete,
    }),
    session('messages:send', 'POST', '/api/:id/forward-messages', 201, 'Forward messages', messages.forward, {
      ...SENDS,
      body: Body.Forward,
    }),

    session('messages:send', 'POST', '/api/:id/typing', 200, 'Show the typing indicator, or hide it', messages.typing, {
      ...SEEN,
      body: Body.State,
    }),
    session('messages:send', 'POST', '/api/:id/recording', 200, 'Show that a voice note is recorded', messages.recording, {
      ...SEEN,
      body: Body.State,
    }),
    session('messages:send', 'POST', '/api/:id/send-seen', 201, 'Mark chats as read', messages.seen, { ...SEEN, body: Body.Phones }),
    session('messages:send', 'POST', '/api/:id/mark-unseen', 200, 'Mark chats as unread', messages.unseen, { ...SEEN, body: Body.Phones }),
    session('messages:send', 'POST', '/api/:id/set-online-presence', 200, 'Show the account as available or not', messages.online, {
      ...SEEN,
      body: Body.Online,
    }),
    session('messages:send', 'POST', '/api/:id/block-contact', 200, 'Block somebody', messages.block, { ...SEEN, body: Body.Phones }),
    session('messages:send', 'POST', '/api/:id/unblock-contact', 200, 'Let somebody in again', messages.unblock, {
      ...SEEN,
      body: Body.Phones,
    }),
    session('messages:read', 'GET', '/api/:id/check-number-status/:phone', 200, 'Whether a number is on WhatsApp', messages.number, SEEN),

    session('messages:read', 'GET', '/api/:id/get-messages/:phone', 200, 'The latest messages of a chat', messages.messages, {
      query: Body.MessagesQuery,
      output: Answer,
    }),
    session('messages:read', 'GET', '/api/:id/all-messages-in-chat/:phone', 200, 'The latest messages of a chat', messages.messages, {
      query: Body.MessagesQuery,
      output: Answer,
    }),
    session('messages:read', 'GET', '/api/:id/message-by-id/:message', 200, 'A message', messages.message, { output: Answer }),
    session('messages:read', 'GET', '/api/:id/get-media-by-message/:message', 200, 'The file of a message', messages.fileOf, {
      output: Answer,
    }),

    ...ABSENT.flatMap(([instead, method, calls]) =>
      calls.split(' ').map((call) => {
        const refuse = () => Promise.reject(new HooklineError('not-supported-by-engine', instead));
        return session('any-key', method, `/api/:id/${call}`, 200, instead, refuse, { output: Answer, isAbsent: true });
      }),
    ),
  ];
  return rows.map((row) => ({ ...row, dialect: WPPCONNECT }));
}
