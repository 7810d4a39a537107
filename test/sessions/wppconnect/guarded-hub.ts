/** A hub reduced to the guard of its browsers, to be stopped and killed: `node guarded-hub.ts <directory of profiles>`. */
import { join } from 'node:path';
import { sinceBoot } from '../../../src/core/since-boot.ts';
import { GuardProcess } from '../../../src/sessions/engines/wppconnect/chromium/guard.ts';
import { testRuntime } from '../../helpers/runtime.ts';

const guard = new GuardProcess(testRuntime());
const live = (): void => guard.until(sinceBoot() + 2_000);
setInterval(live, 200);
live();
await guard.watch(join(process.argv[2] ?? '', 'mine'));
process.stdout.write('ready\n');
