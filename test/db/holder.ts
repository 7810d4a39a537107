/** Holds what its argument names until it is killed; says `held` on stdout, or the refusal on stderr with exit code 1. */
import { messageOf } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { holdDatabase } from '../../src/db/database-hold.ts';
import { holdDirectory } from '../../src/home/data-directory.ts';

const [kind, where = ''] = process.argv.slice(2);
try {
  await (kind === 'database'
    ? holdDatabase(where, { clock: systemClock, onLost: () => process.exit(2) })
    : holdDirectory('data', where, { clock: systemClock }));
  process.stdout.write('held\n');
  setInterval(() => undefined, 1_000);
} catch (error) {
  process.stderr.write(messageOf(error));
  process.exitCode = 1;
}
