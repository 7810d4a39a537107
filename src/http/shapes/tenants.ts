import { z } from 'zod';
import { LIMIT_NAMES, type LimitName } from '../../core/limits.ts';
import { SCOPES } from '../../tenants/scopes.ts';
import { Time } from './common.ts';

const Name = z.string().trim().min(1).max(100);

const days = z.number().int().min(1).max(3_650);
const bytes = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
const RETENTION = { payloadDays: days, messagesDays: days, attemptsDays: days, auditDays: days };
const FLOWS = { typing: z.boolean(), phonePauseMinutes: z.number().int().min(0).max(525_600) };
const MEDIA = { maxBytes: bytes, retentionDays: days, quotaBytes: bytes };
const many = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).openapi({ description: '0: any number' });
const LIMITS = Object.fromEntries(LIMIT_NAMES.map((name) => [name, many])) as Record<LimitName, typeof many>;

const Settings = z
  .object({
    retention: z.object(RETENTION).partial().optional(),
    flows: z.object(FLOWS).partial().optional(),
    media: z.object(MEDIA).partial().optional(),
    limits: z.object(LIMITS).partial().optional(),
  })
  .openapi({ description: "What differs for this tenant from the hub's configuration" });
type Nullable<Shape extends z.ZodRawShape> = { [Key in keyof Shape]: z.ZodOptional<z.ZodNullable<Shape[Key]>> };
/** Null goes back to the configuration. */
const setting = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject(Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, z.nullable(value).optional()])) as Nullable<Shape>)
    .nullable()
    .optional();

export const Tenant = z
  .object({ id: z.string(), name: z.string(), settings: Settings, createdAt: Time, updatedAt: Time })
  .openapi('Tenant');
export const Key = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    session: z.string().nullable().openapi({ description: 'The id of the one session that it is for; null: all of the tenant' }),
    createdAt: Time,
    revokedAt: Time.nullable(),
    lastUsedAt: Time.nullable().openapi({ description: 'To the minute; null: never' }),
  })
  .openapi('Key');
export const NewKey = Key.extend({ key: z.string().openapi({ description: 'Shown this once; kept hashed' }) }).openapi('NewKey');
export const NewTenant = Tenant.extend({ apiKey: NewKey }).openapi('NewTenant');

export const TenantBody = z.strictObject({ name: Name });
export const TenantChange = z.strictObject({
  name: Name.optional(),
  settings: z
    .strictObject({ retention: setting(RETENTION), flows: setting(FLOWS), media: setting(MEDIA), limits: setting(LIMITS) })
    .optional(),
});
export const KeyBody = z.strictObject({
  name: Name.default('key'),
  scopes: z.array(z.enum(SCOPES)).min(1).max(50).optional(),
  session: z.string().max(100).optional().openapi({
    description: 'Id or name: the key may do something in this session alone, by the routes below it, and ends with it',
  }),
});

export type TenantBody = z.output<typeof TenantBody>;
export type TenantChange = z.output<typeof TenantChange>;
export type KeyBody = z.output<typeof KeyBody>;
