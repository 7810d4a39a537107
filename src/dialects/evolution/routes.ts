import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { type Route, under } from '../../http/route.ts';
import type { FilePart } from '../requests.ts';
import { EVOLUTION } from './dialect.ts';
import type { groupHandlers } from './groups.ts';
import type { instanceHandlers } from './instances.ts';
import type { messageHandlers } from './messages.ts';
import * as Body from './requests.ts';
import type { webhookHandlers } from './webhooks.ts';

export interface EvolutionHandlers {
  instances: ReturnType<typeof instanceHandlers>;
  messages: ReturnType<typeof messageHandlers>;
  webhooks: ReturnType<typeof webhookHandlers>;
  groups: ReturnType<typeof groupHandlers>;
  filePart: FilePart;
  describe(): Promise<object>;
}

/** What its clients read of an answer is told in answers.ts. */
const Answer = z.unknown();

/** What Evolution API has and the hub has not, and what is to be used instead. */
const ABSENT: readonly (readonly [method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, instead: string])[] = [
  ['POST', '/message/sendButtons/:id', 'WhatsApp shows no buttons of a linked device: use a list (sendList), a poll, or numbered text'],
  ['POST', '/message/sendStatus/:id', 'The hub sends no statuses'],
  ['POST', '/message/sendTemplate/:id', 'Templates are of the Cloud API: a linked phone sends any text'],
  ['POST', '/message/sendPtv/:id', 'Send the video by sendMedia'],
  ['POST', '/chat/fetchProfilePictureUrl/:id', 'The hub reads no pictures of profiles'],
  ['POST', '/chat/archiveChat/:id', 'The hub archives no chats'],
  ['POST', '/chat/fetchProfile/:id', 'The hub reads no profiles; contacts are at POST /chat/findContacts'],
  ['POST', '/chat/fetchBusinessProfile/:id', 'The hub reads no profiles; contacts are at POST /chat/findContacts'],
  ['POST', '/chat/updateProfileName/:id', 'Change the profile on the phone'],
  ['POST', '/chat/updateProfileStatus/:id', 'Change the profile on the phone'],
  ['POST', '/chat/updateProfilePicture/:id', 'Change the profile on the phone'],
  ['DELETE', '/chat/removeProfilePicture/:id', 'Change the profile on the phone'],
  ['GET', '/chat/fetchPrivacySettings/:id', 'Privacy is set on the phone'],
  ['POST', '/chat/updatePrivacySettings/:id', 'Privacy is set on the phone'],
  ['POST', '/chatwoot/set/:id', 'Chatwoot is not connected from here'],
  ['GET', '/chatwoot/find/:id', 'Chatwoot is not connected from here'],
  ['POST', '/rabbitmq/set/:id', 'Events come by webhook, and are at GET /api/events'],
  ['GET', '/rabbitmq/find/:id', 'Events come by webhook, and are at GET /api/events'],
  ['GET', '/group/inviteInfo/:id', 'The hub looks into no groups that the account is not in'],
  ['GET', '/group/acceptInviteCode/:id', 'Join the group on the phone'],
  ['POST', '/group/updateGroupPicture/:id', 'Change the picture on the phone'],
  ['POST', '/group/updateSetting/:id', 'Change who may write in the group on the phone'],
  ['POST', '/group/toggleEphemeral/:id', 'Turn messages that disappear on or off on the phone'],
];

/** Bots that Evolution API asks elsewhere; here flows answer. */
const BOTS = ['typebot', 'evolutionBot', 'dify', 'flowise', 'openai'];
const FLOWS_INSTEAD = 'Flows of the hub answer in chats: PUT /api/flows/{name}; what is asked elsewhere is asked by their step "http"';
const OF_BOT = [
  ['POST', 'create/:id'],
  ['GET', 'find/:id'],
  ['GET', 'fetch/:bot/:id'],
  ['PUT', 'update/:bot/:id'],
  ['DELETE', 'delete/:bot/:id'],
  ['GET', 'fetchSessions/:bot/:id'],
  ['POST', 'start/:id'],
] as const;

/** The paths of Evolution API 2.3 that the hub answers as it does, with the keys, rights and limits of the hub. */
export function evolutionRoutes({ instances, messages, groups, webhooks, filePart, describe }: EvolutionHandlers): Route[] {
  const root = under(EVOLUTION.base);
  const instance = under(EVOLUTION.base, instances.target);
  /** What asks the phone is answered where the session runs. */
  const AT_PHONE = { place: 'owner', output: Answer } as const;
  const SENDS = { output: Answer, headers: ['Idempotency-Key'], frequent: true, makesEvents: true };
  const rows = [
    root('public', 'GET', '/openapi.json', 200, 'What is here, as OpenAPI', describe, { output: Answer }),

    root('sessions:write', 'POST', '/instance/create', 201, 'Make a session', instances.create, {
      place: 'room',
      body: Body.Instance,
      output: Answer,
      makesEvents: true,
    }),
    root('sessions:read', 'GET', '/instance/fetchInstances', 200, 'List sessions', instances.list, {
      query: Body.InstancesQuery,
      output: Answer,
      narrows: true,
    }),
    // It starts the session.
    instance('sessions:write', 'GET', '/instance/connect/:id', 200, 'Start, and show the code to scan', instances.connect, {
      ...AT_PHONE,
      query: Body.ConnectQuery,
      makesEvents: true,
    }),
    instance('sessions:read', 'GET', '/instance/connectionState/:id', 200, 'Whether it is connected', instances.state, AT_PHONE),
    instance('sessions:write', 'POST', '/instance/restart/:id', 200, 'Stop and start', instances.restart, {
      ...AT_PHONE,
      makesEvents: true,
    }),
    instance('sessions:write', 'PUT', '/instance/restart/:id', 200, 'Stop and start', instances.restart, {
      ...AT_PHONE,
      makesEvents: true,
    }),
    instance('sessions:write', 'DELETE', '/instance/logout/:id', 200, 'Unlink the phone', instances.logout, AT_PHONE),
    instance('sessions:write', 'DELETE', '/instance/delete/:id', 200, 'End a session and remove its login', instances.remove, AT_PHONE),
    instance('messages:send', 'POST', '/instance/setPresence/:id', 201, 'Show the account as available or not', messages.ownPresence, {
      ...AT_PHONE,
      body: Body.OwnPresence,
      frequent: true,
    }),
    instance('sessions:read', 'GET', '/settings/find/:id', 200, 'Settings', instances.settings, { output: Answer }),
    instance('sessions:write', 'POST', '/settings/set/:id', 201, 'Settings', instances.setSettings, {
      body: Body.Settings,
      output: Answer,
    }),
    instance('sessions:read', 'GET', '/proxy/find/:id', 200, 'The way out', instances.proxy, { output: Answer }),
    instance('sessions:write', 'POST', '/proxy/set/:id', 201, 'The way out', instances.setProxy, { output: Answer }),
    // Where the session runs, so that two at a time make one webhook.
    instance('webhooks:write', 'POST', '/webhook/set/:id', 201, 'Set the webhook', webhooks.set, { ...AT_PHONE, body: Body.SetWebhook }),
    instance('webhooks:read', 'GET', '/webhook/find/:id', 200, 'The webhook', webhooks.find, { output: Answer }),

    instance('messages:send', 'POST', '/message/sendText/:id', 201, 'Send a text', messages.text, { ...SENDS, body: Body.Text }),
    instance('messages:send', 'POST', '/message/sendMedia/:id', 201, 'Send a file', messages.media, {
      ...SENDS,
      body: Body.MediaMessage,
      form: { ...Body.FORM, schema: Body.MediaMessage.omit({ media: true }).extend({ file: filePart }) },
    }),
    instance('messages:send', 'POST', '/message/sendWhatsAppAudio/:id', 201, 'Send a voice note', messages.audio, {
      ...SENDS,
      body: Body.Audio,
      form: { ...Body.FORM, schema: Body.Audio.omit({ audio: true }).extend({ file: filePart }) },
    }),
    instance('messages:send', 'POST', '/message/sendSticker/:id', 201, 'Send a sticker', messages.sticker, {
      ...SENDS,
      body: Body.Sticker,
      form: { ...Body.FORM, schema: Body.Sticker.omit({ sticker: true }).extend({ file: filePart }) },
    }),
    instance('messages:send', 'POST', '/message/sendLocation/:id', 201, 'Send a place', messages.place, {
      ...SENDS,
      body: Body.PlaceMessage,
    }),
    instance('messages:send', 'POST', '/message/sendContact/:id', 201, 'Send contacts', messages.contact, {
      ...SENDS,
      body: Body.ContactMessage,
    }),
    instance('messages:send', 'POST', '/message/sendPoll/:id', 201, 'Send a poll', messages.poll, { ...SENDS, body: Body.PollMessage }),
    instance('messages:send', 'POST', '/message/sendList/:id', 201, 'Send a list', messages.list, { ...SENDS, body: Body.ListMessage }),
    instance('messages:send', 'POST', '/message/sendReaction/:id', 201, 'React to a message', messages.reaction, {
      ...SENDS,
      body: Body.Reaction,
    }),

    instance('messages:read', 'POST', '/chat/whatsappNumbers/:id', 200, 'Which numbers are on WhatsApp', messages.numbers, {
      ...AT_PHONE,
      body: Body.Numbers,
      frequent: true,
    }),
    instance('messages:send', 'POST', '/chat/markMessageAsRead/:id', 201, 'Mark chats as read', messages.read, {
      ...AT_PHONE,
      body: Body.ReadMessages,
      frequent: true,
    }),
    instance('messages:send', 'POST', '/chat/markChatUnread/:id', 201, 'Mark a chat as unread', messages.unread, {
      ...AT_PHONE,
      body: Body.ChatUnread,
      frequent: true,
    }),
    instance('messages:send', 'POST', '/chat/sendPresence/:id', 201, 'Show the typing indicator', messages.presence, {
      ...AT_PHONE,
      body: Body.SendPresence,
      frequent: true,
    }),
    instance('messages:read', 'POST', '/chat/getBase64FromMediaMessage/:id', 201, 'The file of a message', messages.file, {
      body: Body.MediaOfMessage,
      output: Answer,
      frequent: true,
    }),
    instance('messages:send', 'DELETE', '/chat/deleteMessageForEveryone/:id', 201, 'Delete a message for everybody', messages.remove, {
      ...SENDS,
      body: Body.MessageKey,
    }),
    instance('messages:send', 'POST', '/chat/updateMessage/:id', 200, 'Change a text', messages.edit, { ...SENDS, body: Body.Edit }),
    instance('messages:send', 'POST', '/chat/updateBlockStatus/:id', 201, 'Block somebody, or let them in', messages.block, {
      ...AT_PHONE,
      body: Body.BlockStatus,
    }),
    instance('messages:read', 'POST', '/chat/findMessages/:id', 200, 'List messages, the latest first', messages.findMessages, {
      body: Body.FindMessages,
      output: Answer,
      frequent: true,
    }),
    instance('messages:read', 'POST', '/chat/findContacts/:id', 200, 'List contacts', messages.findContacts, {
      ...AT_PHONE,
      body: Body.FindContacts,
      frequent: true,
    }),
    instance('messages:read', 'POST', '/chat/findChats/:id', 200, 'List chats, the latest first', messages.findChats, {
      ...AT_PHONE,
      body: Body.FindChats,
      frequent: true,
    }),
    instance('messages:read', 'POST', '/chat/findStatusMessage/:id', 200, 'How far a message has come', messages.findReceipts, {
      body: Body.FindReceipts,
      output: Answer,
      frequent: true,
    }),

    instance('messages:send', 'POST', '/group/create/:id', 201, 'Make a group', groups.create, { ...AT_PHONE, body: Body.NewGroup }),
    instance('messages:send', 'POST', '/group/updateGroupSubject/:id', 201, 'Change the subject', groups.rename, {
      ...AT_PHONE,
      query: Body.GroupQuery,
      body: Body.Subject,
    }),
    instance('messages:send', 'POST', '/group/updateGroupDescription/:id', 201, 'Change the description', groups.describe, {
      ...AT_PHONE,
      query: Body.GroupQuery,
      body: Body.Description,
    }),
    instance('messages:read', 'GET', '/group/inviteCode/:id', 200, 'The link to join by', groups.inviteCode, {
      ...AT_PHONE,
      query: Body.GroupQuery,
    }),
    instance('messages:send', 'POST', '/group/revokeInviteCode/:id', 201, 'A new link; the former one ends', groups.revokeInviteCode, {
      ...AT_PHONE,
      query: Body.GroupQuery,
    }),
    instance('messages:send', 'POST', '/group/sendInvite/:id', 200, 'Send people the link to join by', groups.sendInvite, {
      ...AT_PHONE,
      body: Body.SendInvite,
      makesEvents: true,
    }),
    instance('messages:read', 'GET', '/group/findGroupInfos/:id', 200, 'A group', groups.get, { ...AT_PHONE, query: Body.GroupQuery }),
    instance('messages:read', 'GET', '/group/fetchAllGroups/:id', 200, 'List groups', groups.list, {
      ...AT_PHONE,
      query: Body.GroupsQuery,
    }),
    instance('messages:read', 'GET', '/group/participants/:id', 200, 'List participants', groups.participants, {
      ...AT_PHONE,
      query: Body.GroupQuery,
    }),
    instance('messages:send', 'POST', '/group/updateParticipant/:id', 201, 'Add, remove, promote or demote participants', groups.change, {
      ...AT_PHONE,
      query: Body.GroupQuery,
      body: Body.Participants,
    }),
    instance('messages:send', 'DELETE', '/group/leaveGroup/:id', 200, 'Leave a group', groups.leave, {
      ...AT_PHONE,
      query: Body.GroupQuery,
    }),

    ...BOTS.map((bot) =>
      instance('flows:write', 'POST', `/${bot}/changeStatus/:id`, 201, 'Have flows rest in a chat, or go on', messages.botStatus, {
        body: Body.BotStatus,
        output: Answer,
        makesEvents: true,
      }),
    ),
    ...[...ABSENT, ...BOTS.flatMap((bot) => OF_BOT.map(([method, path]) => [method, `/${bot}/${path}`, FLOWS_INSTEAD] as const))].map(
      ([method, path, instead]) =>
        instance('any-key', method, path, 200, instead, () => Promise.reject(new HooklineError('not-supported-by-engine', instead)), {
          isAbsent: true,
          output: Answer,
        }),
    ),
  ];
  return rows.map((row) => ({ ...row, dialect: EVOLUTION }));
}
