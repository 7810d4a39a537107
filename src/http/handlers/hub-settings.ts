import type { LogLevel } from '../../core/runtime.ts';
import { proxyOf } from '../../sessions/engines/wppconnect/chromium/proxy.ts';
import type { ApiRequest } from '../route.ts';
import type { LogLevelBody } from '../shapes/hub-settings.ts';

interface HubSettings {
  /** Private ranges that may be reached. */
  allow: readonly string[];
  /** As they are configured, `name=URL`. */
  proxies: readonly string[];
  /** Of the log of this process. */
  log: { level: LogLevel };
  configuredLevel: LogLevel;
}

/** What the operator has set for the hub as a whole. */
export function hubSettingHandlers({ allow, proxies, log, configuredLevel }: HubSettings) {
  const levels = () => ({ level: log.level, configured: configuredLevel });
  return {
    egress: async () => ({
      allow,
      proxies: proxies.map((entry) => {
        const [name = ''] = entry.split('=', 1);
        return { name, server: proxyOf(name, proxies)?.server ?? '' };
      }),
    }),
    getLogLevel: async () => levels(),
    async setLogLevel({ body }: ApiRequest<unknown, LogLevelBody>) {
      log.level = body.level;
      return levels();
    },
  };
}
