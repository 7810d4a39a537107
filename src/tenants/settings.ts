import type { LimitName } from '../core/limits.ts';

/** What the operator has set for one tenant; where nothing is set, the hub's configuration holds. */
export interface TenantSettings {
  retention?: { payloadDays?: number; messagesDays?: number; attemptsDays?: number; auditDays?: number };
  flows?: { typing?: boolean; phonePauseMinutes?: number };
  media?: { maxBytes?: number; retentionDays?: number; quotaBytes?: number };
  /** 0: any number. `media.quotaBytes` is the former name of `limits.mediaBytes`. */
  limits?: { [Name in LimitName]?: number };
}

/** A change of settings: what is left out stays, null goes back to the configuration (RFC 7396). */
export type SettingsPatch = {
  [Group in keyof TenantSettings]:
    | { [Key in keyof NonNullable<TenantSettings[Group]>]?: NonNullable<TenantSettings[Group]>[Key] | null | undefined }
    | null
    | undefined;
};

export function patched(settings: TenantSettings, patch: SettingsPatch): TenantSettings {
  const groups = new Map<string, object>(Object.entries(settings));
  for (const [name, change] of Object.entries(patch)) {
    const set = Object.entries(change === null ? {} : { ...groups.get(name), ...change }).filter(([, value]) => value !== null);
    if (set.length > 0) groups.set(name, Object.fromEntries(set));
    else groups.delete(name);
  }
  return Object.fromEntries(groups);
}
