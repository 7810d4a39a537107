/** What holds for a tenant: what the operator has set for it, else the hub's configuration. */
import type { Config } from '../config/load.ts';
import type { TenantId } from '../core/ids.ts';
import type { FlowSettings } from '../flows/ports.ts';
import type { MediaSettings } from '../messages/media/media.ts';
import { Limits } from '../tenants/limits.ts';
import type { Tenants } from '../tenants/tenants.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

export async function flowSettingsOf(tenants: Tenants, tenantId: TenantId, configured: Config['flows']): Promise<FlowSettings> {
  const { typing, phonePauseMinutes } = { ...configured, ...(await tenants.settingsOf(tenantId)).flows };
  return { typing, phonePause: phonePauseMinutes * MINUTE };
}

export async function mediaSettingsOf(
  tenants: Tenants,
  tenantId: TenantId,
  { maxBytes, retentionDays }: Config['media'],
  limits: Limits,
): Promise<MediaSettings> {
  const { media } = await tenants.settingsOf(tenantId);
  return { maxBytes, retentionDays, ...media, quotaBytes: await limits.named('mediaBytes')(tenantId) };
}

/** `streams` has its default where it had it before there were other limits. */
export function limitsOf(tenants: Pick<Tenants, 'settingsOf'>, { limits, http }: Pick<Config, 'limits' | 'http'>): Limits {
  return new Limits(tenants, { ...limits, streams: http.streamsPerTenant });
}

/** How long the audit log is kept; of the hub itself, and of tenants that are gone, as the configuration says. */
export async function auditKeepOf(tenants: Tenants, tenantId: TenantId | null, { auditDays }: Config['retention']): Promise<number> {
  const { retention } = tenantId === null ? {} : await tenants.settingsOf(tenantId);
  return (retention?.auditDays ?? auditDays) * DAY;
}

export async function* retentionOf(tenants: Tenants, configured: Config['retention']) {
  for await (const { id, settings } of tenants.settings()) {
    const { payloadDays, messagesDays, attemptsDays } = { ...configured, ...settings.retention };
    yield { tenantId: id, keep: { payload: payloadDays * DAY, messages: messagesDays * DAY, attempts: attemptsDays * DAY } };
  }
}
