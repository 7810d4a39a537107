/** What HTTP cannot show: a hub that dies in the middle, a day that passes, a key that is replaced. */
import test from 'ava';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { resealing } from '../../src/core/seal.ts';
import { commitUnknown } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import { FirstAnswers } from '../../src/first-answers/first-answers.ts';
import { resealFirstAnswers } from '../../src/first-answers/store.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

const KEY = Buffer.alloc(32, 7);
const asking = { tenantId: '' as TenantId, key: 'k', fingerprint: 'f' };
const never = async () => {
  throw new Error('It was made already');
};

for (const dialect of await stores()) {
  test(`${dialect}: a first answer stands for a day, sealed, under the key that the hub has`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.now());
    const answers = new FirstAnswers(db, KEY, testRuntime({ clock }));
    t.deepEqual(await answers.once(asking, async () => 'canary'), { answer: 'canary', replayed: false });
    t.false(JSON.stringify(await db.sql('first_answers')).includes('canary'));
    t.deepEqual(await answers.once(asking, never), { answer: 'canary', replayed: true });
    const mismatch = await t.throwsAsync(answers.once({ ...asking, fingerprint: 'other' }, never));
    t.true(hasCode(mismatch, 'idempotency-mismatch'));

    const next = Buffer.alloc(32, 8);
    t.is(await db.write((tx) => resealFirstAnswers(tx, resealing(KEY, next, { withoutPlace: false }))), 1);
    const later = new FirstAnswers(db, next, testRuntime({ clock }));
    t.deepEqual(await later.once(asking, never), { answer: 'canary', replayed: true });

    await clock.advance(24 * 3_600_000);
    t.deepEqual(await later.once(asking, async () => 'another'), { answer: 'another', replayed: false });
    await clock.advance(24 * 3_600_000);
    await later.prune();
    t.deepEqual(await db.sql('first_answers'), []);
  });

  test(`${dialect}: what a hub that died has made is not known, and is not made again; what came to nothing is as if it had never been asked`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const dying = new FirstAnswers(db, KEY, testRuntime());
    const begun = Promise.withResolvers<void>();
    void dying.once(asking, () => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    await begun.promise;
    const inFlight = await t.throwsAsync(dying.once(asking, never));
    t.true(hasCode(inFlight, 'idempotency-in-flight'));
    const answers = new FirstAnswers(db, KEY, testRuntime());
    t.true(hasCode(await t.throwsAsync(answers.once(asking, never)), 'idempotency-unknown'));

    const failing: [string, unknown, boolean][] = [
      ['refused', new HooklineError('invalid-body', 'no'), true],
      ['away', Object.assign(new Error('away'), { code: 'SQLITE_BUSY' }), true],
      ['unknown', commitUnknown(), false],
      ['timeout', new HooklineError('engine-timeout', 'no answer'), false],
      ['surprise', new TypeError('a bug'), false],
    ];
    for (const [key, error, isFree] of failing) {
      const own = { ...asking, key };
      await t.throwsAsync(
        answers.once(own, () => Promise.reject(error)),
        { is: error as Error },
      );
      if (isFree) t.is((await answers.once(own, async () => 'made')).answer, 'made', key);
      else t.true(hasCode(await t.throwsAsync(answers.once(own, never)), 'idempotency-unknown'), key);
    }
  });

  test(`${dialect}: where nobody knows whether a key was taken, or let go, it is made once`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.now());
    let unknown = 0;
    const doubtful: Database = {
      ...db,
      async write(work, whose) {
        const written = await db.write(work, whose);
        if (unknown-- === 1) throw commitUnknown();
        return written;
      },
    };
    const one = new FirstAnswers(doubtful, KEY, testRuntime({ clock }));
    const other = new FirstAnswers(db, KEY, testRuntime({ clock }));
    unknown = 1;
    await t.throwsAsync(one.once(asking, never), { message: /not known whether it was stored/ });
    clock.advance(1);
    t.deepEqual(await one.once(asking, async () => 'made'), { answer: 'made', replayed: false });

    const refused = { ...asking, key: 'refused' };
    unknown = 2;
    await t.throwsAsync(
      one.once(refused, () => Promise.reject(new HooklineError('invalid-body', 'no'))),
      { message: 'no' },
    );
    clock.advance(1);
    t.is((await other.once(refused, async () => 'made')).answer, 'made');
    t.deepEqual(await one.once(refused, never), { answer: 'made', replayed: true });
  });
}
