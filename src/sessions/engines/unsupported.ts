import type { Directory } from '../../core/directory.ts';
import { HooklineError } from '../../core/errors.ts';
import type { EngineName } from '../engine.ts';

/** What an engine has no way to do. */
export function notSupported(engine: EngineName, what: string): HooklineError {
  return new HooklineError('not-supported-by-engine', `The engine ${engine} cannot ${what}.`, { extra: { engine } });
}

/** The directory of an engine that has none. */
export const noDirectory = (engine: EngineName): Directory =>
  new Proxy({} as Directory, { get: (_, call) => async () => Promise.reject(notSupported(engine, `do "${String(call)}"`)) });

/** The directory, each call of which waits for `first`, and is not made when that rejects. */
export const guarded = (directory: Directory, first: (call: string) => Promise<void>): Directory =>
  new Proxy(directory, {
    get(target, call: keyof Directory) {
      const made = target[call] as (...given: unknown[]) => Promise<unknown>;
      return async (...given: unknown[]) => {
        await first(call);
        return made.apply(target, given);
      };
    },
  });
