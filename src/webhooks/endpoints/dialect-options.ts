/** What may be said of how an endpoint is told in the words of another product, by the dialect. */
import { z } from 'zod';
import type { ForeignDialect } from '../../core/dialects.ts';
import { type Fault, HooklineError, toldFaults } from '../../core/errors.ts';
import type { EndpointId, TenantId } from '../../core/ids.ts';
import { type Opener, type Place, seal } from '../../core/seal.ts';
import type { DialectOptions } from '../ports.ts';

/** Sealed where it is stored, and never shown again. */
const Secret = z.strictObject({ secret: z.string().min(1).max(1_000) });
/** Where receivers reach the hub in this dialect; by itself, where whoever made the endpoint reached it. */
const serverUrl = z.url({ protocol: /^https?$/ }).max(2_000);

/** As Evolution API 2.3 names them; the hub has not all of them to tell. */
export const EVOLUTION_EVENTS = [
  ...['APPLICATION_STARTUP', 'QRCODE_UPDATED', 'MESSAGES_SET', 'MESSAGES_UPSERT', 'MESSAGES_EDITED', 'MESSAGES_UPDATE', 'MESSAGES_DELETE'],
  ...['SEND_MESSAGE', 'SEND_MESSAGE_UPDATE', 'CONTACTS_SET', 'CONTACTS_UPSERT', 'CONTACTS_UPDATE', 'PRESENCE_UPDATE', 'CHATS_SET'],
  ...['CHATS_UPSERT', 'CHATS_UPDATE', 'CHATS_DELETE', 'GROUPS_UPSERT', 'GROUP_UPDATE', 'GROUP_PARTICIPANTS_UPDATE', 'CONNECTION_UPDATE'],
  ...['LABELS_EDIT', 'LABELS_ASSOCIATION', 'CALL', 'TYPEBOT_START', 'TYPEBOT_CHANGE_STATUS', 'REMOVE_INSTANCE', 'LOGOUT_INSTANCE'],
  ...['INSTANCE_CREATE', 'INSTANCE_DELETE', 'STATUS_INSTANCE'],
];

/** As WAHA names them; the hub has not all of them to tell. */
const WAHA_EVENTS = [
  ...['*', 'session.status', 'message', 'message.any', 'message.ack', 'message.ack.group', 'message.reaction', 'message.revoked'],
  ...['message.edited', 'message.waiting', 'state.change', 'presence.update', 'poll.vote', 'poll.vote.failed', 'chat.archive'],
  ...['group.join', 'group.leave', 'group.v2.join', 'group.v2.leave', 'group.v2.update', 'group.v2.participants'],
  ...['call.received', 'call.accepted', 'call.rejected', 'label.upsert', 'label.deleted', 'label.chat.added', 'label.chat.deleted'],
  ...['event.response', 'event.response.failed', 'engine.event'],
];

/** Each is what is said of one dialect, whole. */
const OPTIONS: Record<ForeignDialect, z.ZodType<DialectOptions>> = {
  evolution: z
    .strictObject({
      /** Of these alone; empty: of all. */
      events: z.array(z.enum(EVOLUTION_EVENTS)).max(100),
      /** Each to a path of its own below the URL: `/messages-upsert`. */
      byEvents: z.boolean(),
      /** Files stand in the body. */
      base64: z.boolean(),
      /** False: no key to call back with goes along. */
      callbackKey: z.boolean(),
      /** Signs a token (HS256) in `Authorization`. */
      jwtKey: Secret,
      serverUrl,
    })
    .partial(),
  cloud: z
    .strictObject({
      /** Signs requests as Meta does; without it the secret of the endpoint does. */
      appSecret: Secret,
      /** With it the URL is asked for `hub.challenge` before it is saved. */
      verifyToken: Secret,
      /** What is said in groups is told, too. */
      groups: z.boolean(),
    })
    .partial(),
  waha: z
    .strictObject({
      /** Of these alone; empty, or with `*`: of all. */
      events: z.array(z.enum(WAHA_EVENTS)).max(100),
      /** Signs the body (HMAC-SHA512) in `X-Webhook-Hmac`. */
      hmacKey: Secret,
      /** Where files are had, besides. */
      serverUrl,
    })
    .partial(),
  /** `onSelfMessage`: what the account itself has written, too. */
  wppconnect: z.strictObject({ onSelfMessage: z.boolean() }).partial(),
};

/** Dialects whose receivers call back with a key that the body has. */
export const CALLING_BACK: readonly string[] = ['evolution'] satisfies ForeignDialect[];
/** Dialects whose receivers are told where the hub is. */
export const NAMING_THE_HUB: readonly string[] = ['evolution', 'waha'] satisfies ForeignDialect[];

/** Throws `invalid-body` with every fault. */
export function readOptions(dialect: ForeignDialect, given: DialectOptions): DialectOptions {
  const { success, data, error } = OPTIONS[dialect].safeParse(given);
  if (success) return data;
  const errors: Fault[] = error.issues.map(({ path, message }) => ({ path: ['dialectOptions', ...path].join('.'), message }));
  throw new HooklineError('invalid-body', toldFaults('The endpoint is not valid', errors), { errors });
}

interface Owner {
  id: EndpointId;
  tenantId: TenantId;
}

const optionPlace = ({ id, tenantId }: Owner, name: string): Place => ({ tenantId, purpose: 'dialect-secret', of: [id, name] });

const isHolding = <Name extends string>(value: unknown, name: Name): value is Record<Name, string> =>
  typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[name] === 'string';

export const sealOptions = (options: DialectOptions, key: Buffer, owner: Owner): DialectOptions =>
  mapped(options, (value, name) => (isHolding(value, 'secret') ? { sealed: seal(value.secret, key, optionPlace(owner, name)) } : value));

/** Secrets as plain texts. */
export const openOptions = (endpoint: Owner & { dialectOptions: DialectOptions }, open: Opener): DialectOptions =>
  mapped(endpoint.dialectOptions, (value, name) => (isHolding(value, 'sealed') ? open(value.sealed, optionPlace(endpoint, name)) : value));

export const showOptions = (options: DialectOptions): DialectOptions =>
  mapped(options, (value) => (isHolding(value, 'sealed') ? { secret: true } : value));

/** Each seal made anew by `again`. */
export const resealOptions = (options: DialectOptions, owner: Owner, again: (sealed: string, place: Place) => string): DialectOptions =>
  mapped(options, (value, name) => (isHolding(value, 'sealed') ? { sealed: again(value.sealed, optionPlace(owner, name)) } : value));

export const secretNamesIn = (options: DialectOptions): string[] =>
  Object.keys(options).filter((name) => isHolding(options[name], 'sealed'));

/** Opened. */
export function secretsIn(endpoint: Owner & { dialectOptions: DialectOptions }, open: Opener): string[] {
  const opened = openOptions(endpoint, open);
  return secretNamesIn(endpoint.dialectOptions).map((name) => opened[name] as string);
}

const mapped = (options: DialectOptions, change: (value: unknown, name: string) => unknown): DialectOptions =>
  Object.fromEntries(Object.entries(options).map(([name, value]) => [name, change(value, name)]));
