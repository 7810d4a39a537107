/** See guard.ts. It ends when the hub does, and ends the browsers that were left then. */
import { createInterface } from 'node:readline';
import { sinceBoot } from '../../../../core/since-boot.ts';
import type { Told } from './guard.ts';
import { killTree } from './process-tree.ts';

const LOOK = 250;

const watched = new Map<string, object>();
let until = 0;
let killing: Promise<void> | undefined;

/** Once: what runs on a profile later is somebody else's. */
function killAll(): Promise<void> {
  killing ??= (async () => {
    const found = [...watched];
    const left = found.length > 0 ? await killTree(...found.map(([userDataDir]) => ({ root: null, userDataDir }))) : [];
    if (left.length === 0) for (const [profile, watch] of found) if (watched.get(profile) === watch) watched.delete(profile);
  })().finally(() => {
    killing = undefined;
  });
  return killing;
}

function hear(told: Told): void {
  if ('until' in told) until = told.until;
  else if ('watch' in told) watched.set(told.watch, {});
  else watched.delete(told.leave);
}

// Whoever ends all processes of a unit at once, orderly, has the hub end its browsers.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
setInterval(() => sinceBoot() > until && void killAll(), LOOK);
createInterface({ input: process.stdin })
  .on('line', (line) => hear(JSON.parse(line)))
  .on('close', () => void killAll().finally(() => process.exit()));
process.stdout.write('ready\n');
