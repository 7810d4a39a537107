import type { Milliseconds } from '../../core/runtime.ts';
import type { LoginCopies } from '../login/login-copies.ts';
import type { SessionPorts } from '../ports.ts';
import type { SystemSessionStore } from '../store.ts';
import type { EngineSlotContext } from './engine-slot.ts';
import type { LinkingOptions } from './linking.ts';

interface SupervisorOptions extends LinkingOptions {
  /** Milliseconds between two looks of the watchdog. */
  watchdog: Milliseconds;
  /** Bytes that the engine of a session may hold before it is started again; 0: any. */
  memoryLimit: number;
  /** Milliseconds between two copies of the login of a session that is connected, where copies travel; 0: only after logins and at stops. */
  copyEvery: Milliseconds;
}

/** What all supervisors of a hub share. */
export interface SupervisorContext extends EngineSlotContext {
  store: SystemSessionStore;
  copies?: LoginCopies;
  ports: Pick<SessionPorts, 'inbound' | 'outbound' | 'setAside' | 'keepScreenshot' | 'meter'>;
  options: SupervisorOptions;
}
