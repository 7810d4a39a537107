import { z } from 'zod';
import { CHAT_KINDS } from '../../core/message.ts';
import { Flag, PageQuery, Time } from './common.ts';
import { Party } from './messages.ts';

/** WhatsApp takes no more of either. */
const LONGEST_SUBJECT = 100;
const LONGEST_DESCRIPTION = 2_048;
/** Each of them is looked up before anything is done. */
const MOST_PARTICIPANTS = 100;

const Search = z
  .string()
  .max(100)
  .optional()
  .openapi({ description: 'A piece of a name, whatever its accents and capitals, or of a number' });
export const Contact = Party.extend({
  saved: z.boolean().openapi({ description: "In the phone's address book" }),
  business: z.boolean(),
  blocked: z.boolean(),
}).openapi('Contact');
export const ContactsQuery = PageQuery.extend({
  search: Search,
  saved: Flag.openapi({ description: "In the phone's address book, or not" }),
  blocked: Flag.openapi({ description: 'Blocked, or not' }),
});

export const Existence = z
  .object({
    exists: z.boolean(),
    chatId: z.string().nullable().openapi({ description: 'Where the account is written to; null: it is not on WhatsApp' }),
    phone: z.string().nullable(),
    lid: z.string().nullable(),
    checkedAt: Time,
  })
  .openapi('Existence');
export const ExistsQuery = z.strictObject({
  fresh: Flag.openapi({ description: 'true: ask WhatsApp again, even if the answer is known' }),
});

export const Chat = z
  .object({
    id: z.string(),
    kind: z.enum(CHAT_KINDS),
    lid: z.string().nullable(),
    phone: z.string().nullable(),
    name: z.string().nullable(),
    unread: z.number().int(),
    lastMessageAt: Time.nullable(),
    archived: z.boolean(),
    labels: z.array(z.string()).openapi({ description: 'Ids; GET …/labels has their names' }),
  })
  .openapi('Chat');
export const ChatsQuery = PageQuery.extend({
  search: Search,
  kind: z.enum(CHAT_KINDS).optional().openapi({ description: 'What kind of chat' }),
  unread: Flag.openapi({ description: 'With unread messages, or without' }),
  archived: Flag.openapi({ description: 'Archived, or not' }),
  label: z.string().max(100).optional().openapi({ description: 'The id of a label' }),
});

export const Presence = z
  .object({
    chat: z.object({ id: z.string(), kind: z.enum(CHAT_KINDS) }),
    state: z.enum(['available', 'unavailable', 'typing', 'recording']),
    lastSeenAt: Time.nullable(),
  })
  .openapi('Presence');
export const OwnPresence = z.strictObject({ available: z.boolean() });

export const Label = z.object({ id: z.string(), name: z.string(), color: z.string().nullable() }).openapi('Label');
export const ChatLabels = z.strictObject({
  labels: z.array(z.string().min(1).max(100)).max(50).openapi({ description: 'Ids. The chat then has these and no others' }),
});

export const Group = z
  .object({
    id: z.string(),
    subject: z.string(),
    description: z.string().nullable(),
    owner: Party.nullable(),
    createdAt: Time.nullable(),
  })
  .openapi('Group');
export const Participant = Party.extend({ admin: z.boolean() }).openapi('Participant');
export const GroupWithParticipants = Group.extend({ participants: z.array(Participant) }).openapi('GroupWithParticipants');
export const GroupsQuery = PageQuery.extend({ search: Search });

const Results = z
  .array(
    z.object({
      id: z.string(),
      lid: z.string().nullable(),
      phone: z.string().nullable(),
      ok: z.boolean(),
      error: z.string().optional().openapi({ description: 'Why not' }),
    }),
  )
  .openapi({ description: 'One entry for each participant' });
export const NewGroup = GroupWithParticipants.extend({ results: Results }).openapi('NewGroup');
export const MemberResults = z.object({ results: Results }).openapi('MemberResults');
export const InviteLink = z.object({ link: z.url() }).openapi('InviteLink');

const Subject = z.string().trim().min(1).max(LONGEST_SUBJECT);
export const Participants = z.strictObject({ participants: z.array(z.string().min(1).max(100)).min(1).max(MOST_PARTICIPANTS) });
export const CreateGroup = Participants.extend({ subject: Subject });
export const UpdateGroup = z
  .strictObject({
    subject: Subject.optional(),
    description: z.string().max(LONGEST_DESCRIPTION).optional().openapi({ description: 'Empty: none' }),
  })
  .refine(({ subject, description }) => subject !== undefined || description !== undefined, 'give "subject", "description" or both');

export type ContactsQuery = z.output<typeof ContactsQuery>;
export type ExistsQuery = z.output<typeof ExistsQuery>;
export type ChatsQuery = z.output<typeof ChatsQuery>;
export type OwnPresence = z.output<typeof OwnPresence>;
export type ChatLabels = z.output<typeof ChatLabels>;
export type GroupsQuery = z.output<typeof GroupsQuery>;
export type Participants = z.output<typeof Participants>;
export type CreateGroup = z.output<typeof CreateGroup>;
export type UpdateGroup = z.output<typeof UpdateGroup>;
