/** What holds for a tenant: what the operator has set for it, else the hub's configuration. */
import type { Config } from './config/load.ts';
import type { TenantId } from './core/ids.ts';
import type { FlowSettings } from './flows/ports.ts';
import type { MediaSettings } from './messages/media/media.ts';
import type { Tenants } from './tenants/tenants.ts';

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
): Promise<MediaSettings> {
  return { maxBytes, retentionDays, quotaBytes: null, ...(await tenants.settingsOf(tenantId)).media };
}

export async function* retentionOf(tenants: Tenants, configured: Config['retention']) {
  for await (const { id, settings } of tenants.settings()) {
    const { payloadDays, attemptsDays } = { ...configured, ...settings.retention };
    yield { tenantId: id, keep: { payload: payloadDays * DAY, attempts: attemptsDays * DAY } };
  }
}
