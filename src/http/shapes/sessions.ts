import { z } from 'zod';
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
    phone: z.string().nullable(),
    pushName: z.string().nullable(),
    connectedAt: Time.nullable(),
    lastInboundAt: Time.nullable(),
    nextAttemptAt: Time.nullable(),
    attempts: z.object({ made: z.number().int(), succeeded: z.number().int() }),
    qr: z.object({ attempt: z.number().int(), expiresAt: Time }).nullable(),
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

export const Backup = z
  .instanceof(Buffer)
  .openapi({ type: 'string', format: 'binary', description: 'What GET …/backup answered, of a session on the same engine' });

export type CreateSession = z.output<typeof CreateSession>;
export type UpdateSession = z.output<typeof UpdateSession>;
export type QrQuery = z.output<typeof QrQuery>;
