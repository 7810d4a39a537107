import { z } from 'zod';
import { phoneIn } from '../../core/phone-number.ts';
import { ENGINES } from '../../sessions/engine.ts';
import { Time } from './common.ts';
import { PacingShape } from './pacing.ts';

/** A session is read on every request that names it, its settings with it. */
const LARGEST_CONFIG = 16_384;
const Config = z
  .looseObject({ pacing: PacingShape.nullish().openapi({ description: 'null: off' }) })
  .refine((config) => JSON.stringify(config).length <= LARGEST_CONFIG, `is larger than ${LARGEST_CONFIG} characters of JSON`)
  .openapi({ description: 'Settings of this session: its pacing, and what its engine takes' });

export const Session = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    name: z.string(),
    engine: z.enum(ENGINES),
    status: z.enum(['stopped', 'starting', 'qr', 'pairing', 'connecting', 'connected', 'disconnected', 'failed', 'loggedOut']),
    reason: z.string().nullable(),
    advice: z.string().nullable().openapi({ description: 'What a person can do about it' }),
    phone: z.string().nullable(),
    pushName: z.string().nullable(),
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
    qr: z.object({ attempt: z.number().int(), expiresAt: Time }).nullable(),
    pairing: z.object({ expiresAt: Time }).nullable(),
    config: Config,
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi('Session');

export const CreateSession = z.strictObject({
  name: z.string(),
  engine: z.enum(ENGINES).optional(),
  start: z.boolean().default(true),
  onConflict: z.enum(['fail', 'use', 'recreate']).default('fail'),
  config: Config.optional(),
});
export const UpdateSession = z.strictObject({ name: z.string().optional(), config: Config.optional() });

export const QrQuery = z.strictObject({ format: z.enum(['json', 'png', 'svg', 'text']).optional() });
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
    .openapi({ type: 'string', description: 'Of the account, with its country code', example: '+55 11 99999-0000' }),
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

export const Backup = z
  .custom<AsyncIterable<Uint8Array>>()
  .openapi({ type: 'string', format: 'binary', description: 'What GET …/backup answered, of a session of this tenant on the same engine' });
export const RestoreQuery = z.strictObject({
  from: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'is not the id of a tenant')
    .optional()
    .openapi({ description: 'For the operator: the id of the tenant that the backup was made in, to carry it from there on purpose' }),
});

export type CreateSession = z.output<typeof CreateSession>;
export type UpdateSession = z.output<typeof UpdateSession>;
export type PairingCode = z.output<typeof PairingCode>;
export type Backup = z.output<typeof Backup>;
export type RestoreQuery = z.output<typeof RestoreQuery>;
export type QrQuery = z.output<typeof QrQuery>;
