import { z } from 'zod';
import { phoneIn } from '../../core/phone-number.ts';
import { ENGINES } from '../../sessions/engine.ts';
import { SESSION_STATUSES } from '../../sessions/supervision/lifecycle.ts';
import { Time } from './common.ts';
import { PacingShape } from './pacing.ts';

/** A session is read on every request that names it, its settings with it. */
const LARGEST_CONFIG = 16_384;
const Config = z
  .looseObject({ pacing: PacingShape.nullish().openapi({ description: 'null: off' }) })
  .refine((config) => JSON.stringify(config).length <= LARGEST_CONFIG, `is larger than ${LARGEST_CONFIG} characters of JSON`)
  .openapi({ description: 'Settings of this session: its pacing, and what its engine takes' });

const PasskeyCode = z
  .string()
  .openapi({ description: 'Shown on the phone, too: compare them, and say whether they are the same', example: 'K7RWQ' });

export const Session = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    name: z.string(),
    engine: z.enum(ENGINES),
    status: z.enum(SESSION_STATUSES),
    reason: z.string().nullable(),
    advice: z.string().nullable().openapi({ description: 'What a person can do about it' }),
    phone: z.string().nullable(),
    pushName: z.string().nullable(),
    account: z
      .object({ kind: z.enum(['personal', 'business']) })
      .nullable()
      .openapi({ description: 'What the linked account is; null until that is known' }),
    limits: z.object({ newChatsUntil: Time.nullable() }).openapi({
      description: 'What WhatsApp lets the account do. Until newChatsUntil it may begin no new chats: sends to them wait, others go on',
    }),
    connectedAt: Time.nullable(),
    lastInboundAt: Time.nullable(),
    nextAttemptAt: Time.nullable(),
    attempts: z.object({ made: z.number().int(), succeeded: z.number().int() }),
    stats: z
      .object({
        timeToConnectMs: z.number().int().nullable(),
        uptimeMs: z.number().int().openapi({ description: 'Of the connections that ended; the present one began at connectedAt' }),
        restarts: z.record(z.string(), z.number().int()).openapi({ description: 'How often the engine had to start again, by cause' }),
      })
      .openapi({ description: 'How the session has fared' }),
    memoryBytes: z.number().int().nullable().openapi({
      description: 'That its browser holds, looked at every 30 s; null where there is no browser, and until it was looked at',
    }),
    qr: z.object({ attempt: z.number().int(), expiresAt: Time }).nullable(),
    pairing: z.object({ expiresAt: Time }).nullable(),
    passkey: z
      .object({ challengeExpiresAt: Time, code: PasskeyCode.nullable() })
      .nullable()
      .openapi({ description: 'While WhatsApp asks for the passkey of the account' }),
    config: Config,
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi('Session');

const Name = z.string().openapi({ description: 'Letters, digits, `.`, `_` and `-`', maxLength: 64, example: 'shop' });

export const CreateSession = z
  .strictObject({
    name: Name,
    engine: z.enum(ENGINES).optional(),
    start: z.boolean().default(true),
    onConflict: z.enum(['fail', 'use', 'recreate']).default('fail'),
    config: Config.optional(),
  })
  .openapi('CreateSessionBody');
export const UpdateSession = z.strictObject({ name: Name.optional(), config: Config.optional() });

export const QrQuery = z.strictObject({
  format: z.enum(['json', 'png', 'svg', 'text']).optional().openapi({ description: 'In the place of the header Accept' }),
});
export const Qr = z
  .object({
    code: z.string(),
    dataUrl: z.string().openapi({ description: 'PNG' }),
    attempt: z.number().int(),
    issuedAt: Time,
    expiresAt: Time,
    restartsAt: Time.openapi({ description: 'When the five minutes are over and the session starts again by itself' }),
  })
  .openapi('Qr');

export const PairingCode = z.strictObject({
  phone: z
    .string()
    .transform((text, context) => {
      const digits = phoneIn(text);
      if (digits === null || digits.length < 6)
        context.addIssue('is no phone number; give it with its country code, such as +55 11 99999-0000');
      return digits ?? '';
    })
    .openapi({ type: 'string', description: 'Of the account, with its country code', maxLength: 60, example: '+55 11 99999-0000' }),
});
export const Pairing = z
  .object({
    code: z.string().openapi({ description: 'To be typed on the phone: Linked devices → Link with phone number', example: 'K7RW-42QX' }),
    phone: z.string(),
    issuedAt: Time,
    expiresAt: Time,
    restartsAt: Time.openapi({ description: 'When the five minutes are over and the session starts again by itself' }),
  })
  .openapi('PairingCode');

export const Passkey = z
  .object({
    publicKey: z.looseObject({ challenge: z.string(), rpId: z.string().optional() }).openapi({
      description:
        'What the passkey is asked to sign, as PublicKeyCredential.parseRequestOptionsFromJSON() takes it, in a browser on https://web.whatsapp.com',
      example: {
        challenge: 'mJ0y3q8Zk1c5…',
        rpId: 'whatsapp.com',
        allowCredentials: [],
        userVerification: 'required',
        timeout: 600_000,
        extensions: { uvm: true },
      },
    }),
    expiresAt: Time,
    code: PasskeyCode.nullable(),
    answered: z.boolean().openapi({ description: 'It was signed; what is left is to compare the code' }),
  })
  .openapi('Passkey');

/** A signature has some hundred bytes; no authenticator comes near this. */
const LARGEST_PART = 8_192;
const Base64Url = z
  .string()
  .max(LARGEST_PART)
  .regex(/^[\w-]*$/, 'is no base64url without padding, as toJSON() writes it');
export const Credential = z
  .object({
    id: Base64Url,
    rawId: Base64Url,
    type: z.literal('public-key'),
    authenticatorAttachment: z.string().max(64).nullish(),
    response: z.object({
      clientDataJSON: Base64Url,
      authenticatorData: Base64Url,
      signature: Base64Url,
      userHandle: Base64Url.nullish(),
    }),
    clientExtensionResults: z
      .record(z.string(), z.unknown())
      .default({})
      .refine((results) => JSON.stringify(results).length <= LARGEST_PART, `is larger than ${LARGEST_PART} characters of JSON`),
  })
  .openapi({ description: 'toJSON() of the PublicKeyCredential that navigator.credentials.get() gave' });
export const PasskeyAnswer = z.strictObject({
  credential: Credential.nullable().openapi({ description: 'null: nobody will sign, and the session starts over' }),
});
export const PasskeyConfirm = z.strictObject({ matches: z.boolean().openapi({ description: 'false: the session starts over' }) });

export const Backup = z
  .custom<AsyncIterable<Uint8Array>>()
  .openapi({ type: 'string', format: 'binary', description: 'What GET …/backup answered, of a session of this tenant on the same engine' });
export const RestoreQuery = z.strictObject({
  from: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'is not the id of a tenant')
    .optional()
    .openapi({
      description: 'For the operator: the id of the tenant that the backup was made in, to carry it from there on purpose',
      maxLength: 64,
    }),
});

export type CreateSession = z.output<typeof CreateSession>;
export type UpdateSession = z.output<typeof UpdateSession>;
export type PairingCode = z.output<typeof PairingCode>;
export type PasskeyAnswer = z.output<typeof PasskeyAnswer>;
export type PasskeyConfirm = z.output<typeof PasskeyConfirm>;
export type Backup = z.output<typeof Backup>;
export type RestoreQuery = z.output<typeof RestoreQuery>;
export type QrQuery = z.output<typeof QrQuery>;
