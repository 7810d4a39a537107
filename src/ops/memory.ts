import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Gives back what the start has left behind (parsed sources, migrations; some 40 MB): V8 would keep it until it needs
 * the room. Stops the process for some 80 ms.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/**
 * From here on the heap grows threefold before the whole of it is collected; V8 would have it grow by a third. Where a tenant asks for much it comes
 * to that three times a second, and on two processors whoever asks meanwhile waits for 45 ms more.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=200');
}
