import { HooklineError } from '../../core/errors.ts';
import type { Directory, EngineName } from '../engine.ts';

/** What an engine has no way to do. */
export function notSupported(engine: EngineName, what: string): HooklineError {
  return new HooklineError('not-supported-by-engine', `The engine ${engine} cannot ${what}.`, { extra: { engine } });
}

/** The directory of an engine that has none. */
export const noDirectory = (engine: EngineName): Directory =>
  new Proxy({} as Directory, { get: (_, call) => async () => Promise.reject(notSupported(engine, `do "${String(call)}"`)) });
