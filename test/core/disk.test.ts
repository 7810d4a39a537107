import { readFile } from 'node:fs/promises';
import test from 'ava';
import { diskFailure } from '../../src/core/disk.ts';
import { HooklineError } from '../../src/core/errors.ts';

const fault = (code: string, more: object): Error => Object.assign(new Error(`${code}: it failed`), { code, errno: -1, ...more });

for (const [code, status] of Object.entries({
  ENOSPC: 507,
  EDQUOT: 507,
  EROFS: 503,
  EACCES: 503,
  EPERM: 503,
  EMFILE: 503,
  ENFILE: 503,
  EIO: 503,
})) {
  test(`${code} of a file is ${status}, and says where`, (t) => {
    const failure = diskFailure(fault(code, { syscall: 'open', path: '/srv/hub/media/x' }));
    t.is(failure?.status, status);
    t.true(failure?.message.includes(`(${code}, in /srv/hub/media)`));
    t.true(diskFailure(fault(code, { syscall: 'write' }), '/srv')?.message.includes('in /srv)'), 'where the error does not say it');
  });
}

test('what is no failure of the disk stays what it is', async (t) => {
  t.is(diskFailure(fault('EACCES', { syscall: 'connect' })), undefined);
  t.is(diskFailure(fault('ENOSPC', {})), undefined);
  t.is(diskFailure(new HooklineError('not-found', 'x')), undefined);
  t.is(diskFailure(await readFile('/no/such/file').catch((error) => error)), undefined);
});
