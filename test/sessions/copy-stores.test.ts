/** One text of tests over every store of copies of logins; and what a machine begins with where they travel. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { SessionId } from '../../src/core/ids.ts';
import { keyIdOf } from '../../src/core/seal.ts';
import { CopyDirectory } from '../../src/sessions/login/copy-directory.ts';
import type { CopyStore, Login } from '../../src/sessions/login/copy-port.ts';
import { CopyTable, removeCopiesUnder } from '../../src/sessions/login/copy-table-store.ts';
import { type Hold, LoginCopies } from '../../src/sessions/login/login-copies.ts';
import { resealCopies } from '../../src/sessions/login/reseal-copies.ts';
import { Vault } from '../../src/sessions/login/vault.ts';
import type { SessionToken } from '../../src/sessions/options.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { makeRoom, SECRET_KEY } from './room.ts';

type Dialect = Awaited<ReturnType<typeof stores>>[number];

const NOW = Date.UTC(2026, 10, 30);
const MB = 1_024 * 1_024;

/** A session with a row; its owner is told by `owned`. */
async function login(t: ExecutionContext, dialect: Dialect) {
  const room = await makeRoom({ dialect });
  t.teardown(() => room.dispose());
  const tenantId = await room.tenant();
  const { session } = await room.sessions.create(tenantId, { name: 'shop', engine: 'sandbox', start: false });
  const [row] = await room.db.sql('whatsapp_instances').where({ id: session.id }).select('profile');
  const own: Login = { id: session.id as SessionId, tenantId, engine: 'wppconnect', profile: row.profile };
  const owned = (nodeId: string, generation: number) =>
    room.db.write(async ({ sql }) => {
      await sql('nodes').insert({ id: nodeId, url: 'http://n', version: '0', role: 'all', started_at: 0 }).onConflict('id').ignore();
      await sql('session_leases').insert({ session_id: own.id, node_id: nodeId, generation }).onConflict('session_id').merge();
    });
  return { room, own, owned };
}

async function* bytesOf(...pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of bytes) all.push(piece);
  return Buffer.concat(all);
}

const of = (at: number, keep = 2) => ({ at, generation: 0, keyId: 'key', keep });

for (const dialect of await stores()) {
  const made: Record<string, (t: ExecutionContext) => Promise<{ store: CopyStore; own: Login; leftovers(): Promise<number> }>> = {
    table: async (t) => {
      const { room, own } = await login(t, dialect);
      const leftovers = async () => Number((await room.db.sql('login_copies').whereNull('size').count({ n: '*' }).first())?.n);
      return { store: new CopyTable(room.db), own, leftovers };
    },
    ...(dialect === 'sqlite' && {
      directory: async (t) => {
        const { room, own } = await login(t, dialect);
        return { store: new CopyDirectory(room.copiesDir), own, leftovers: async () => 0 };
      },
    }),
  };
  for (const [name, make] of Object.entries(made)) {
    const what = `${name} (${dialect})`;

    test(`${what}: what was added is listed, newest first, and read as it was, in however many pieces it came`, async (t) => {
      const { store, own } = await make(t);
      t.deepEqual(await store.list(own), []);
      const large = Buffer.alloc(2.5 * MB, 'large');
      await store.add(own, of(NOW), bytesOf(Buffer.from('a'), Buffer.from('b')));
      await store.add(own, of(NOW + 1), bytesOf(large.subarray(0, 100), large.subarray(100)));
      const found = await store.list(own);
      t.deepEqual(
        found.map(({ at }) => at),
        [NOW + 1, NOW],
      );
      t.deepEqual(await textOf(store.read(own, found[1] as never)), Buffer.from('ab'));
      t.true((await textOf(store.read(own, found[0] as never))).equals(large));
    });

    test(`${what}: so many stay, the newest ones`, async (t) => {
      const { store, own, leftovers } = await make(t);
      for (let n = 0; n < 4; n++) await store.add(own, of(NOW + n, 3), bytesOf(Buffer.from(String(n))));
      t.deepEqual(
        (await store.list(own)).map(({ at }) => at),
        [NOW + 3, NOW + 2, NOW + 1],
      );
      t.is(await leftovers(), 0);
    });

    test(`${what}: one that is cut off is not there, and those before it are`, async (t) => {
      const { store, own, leftovers } = await make(t);
      await store.add(own, of(NOW), bytesOf(Buffer.from('whole')));
      const cut = async function* () {
        yield Buffer.alloc(MB);
        throw new Error('cut off');
      };
      await t.throwsAsync(store.add(own, of(NOW + 1), cut()), { message: 'cut off' });
      t.deepEqual(
        (await store.list(own)).map(({ at }) => at),
        [NOW],
      );
      await store.add(own, of(NOW + 2), bytesOf(Buffer.from('next')));
      t.is((await store.list(own)).length, 2);
      t.is(await leftovers(), 0);
    });

    test(`${what}: what is forgotten is there no more`, async (t) => {
      const { store, own, leftovers } = await make(t);
      await store.forget(own, of(NOW));
      await store.add(own, of(NOW + 1), bytesOf(Buffer.from('a')));
      await store.forget(own, of(NOW + 2));
      t.deepEqual(
        (await store.list(own)).filter(({ isVoid }) => !isVoid),
        [],
      );
      t.is(await leftovers(), 0);
    });
  }

  test(`table (${dialect}): what an owner of before writes is refused from the moment on that another has the session`, async (t) => {
    const { room, own, owned } = await login(t, dialect);
    const token: { of: SessionToken | null } = { of: { nodeId: 'nod_a', generation: 3 } };
    const store = new CopyTable(room.db, () => token.of);
    await owned('nod_a', 3);
    await store.add(own, { ...of(NOW), generation: 3 }, bytesOf(Buffer.from('mine')));
    const late = async function* () {
      yield Buffer.alloc(MB);
      await owned('nod_b', 4);
      yield Buffer.alloc(MB);
    };
    const refused = { message: /Another node runs this session by now/ };
    await t.throwsAsync(store.add(own, { ...of(NOW + 1), generation: 3 }, late()), refused);
    await t.throwsAsync(store.forget(own, { ...of(NOW + 2), generation: 3 }), refused);
    token.of = null;
    await t.throwsAsync(store.add(own, { ...of(NOW + 3), generation: 3 }, bytesOf(Buffer.from('late'))), refused);
    t.deepEqual(await store.list(own), [{ at: NOW, generation: 3, isVoid: false }]);
    // What it has left is removed by the next one's.
    token.of = { nodeId: 'nod_b', generation: 4 };
    await store.add(own, { ...of(NOW + 4), generation: 4 }, bytesOf(Buffer.from('theirs')));
    t.deepEqual(
      (await room.db.sql('login_copies').select('copied_at').orderBy('copied_at')).map(({ copied_at: at }) => at),
      [NOW, NOW + 4],
    );
    t.is((await room.db.sql('login_copy_pieces').select('number')).length, 2);
  });

  test(`table (${dialect}): copies go with the row of the session`, async (t) => {
    const { room, own } = await login(t, dialect);
    await new CopyTable(room.db).add(own, of(NOW), bytesOf(Buffer.alloc(MB)));
    await room.sessions.destroy(own.tenantId, 'shop');
    t.deepEqual(await room.db.sql('login_copies').select('size'), []);
    t.deepEqual(await room.db.sql('login_copy_pieces').select('number'), []);
  });

  test(`table (${dialect}): copies are sealed with another key beside those under the former one, once`, async (t) => {
    const { room, own, machine } = await machines(t, dialect);
    const to = Buffer.alloc(32, 8);
    const a = await machine('a', 1);
    await a.runs('login');
    await a.copy();
    const failed = (error: unknown) => t.fail(String(error));
    t.is(await resealCopies(room.db, SECRET_KEY, to, failed), 1);
    t.is(await resealCopies(room.db, SECRET_KEY, to, failed), 0);
    const b = await machine('b', 2);
    const first = await b.ready();
    t.regex((first.is === 'copy' && first.failed) || '', /sealed with the key/, 'a hub that still has the former one finds its own');
    await removeCopiesUnder(room.db, keyIdOf(SECRET_KEY));
    const c = await machine('c', 3, to);
    t.like(await c.ready(), { is: 'copy', failed: null });
    t.is(await c.login(), 'login');
    t.is((await new CopyTable(room.db).list(own)).length, 1);
  });

  test(`(${dialect}) a machine that ran a session last goes on with what it has, and every other one begins with the newest copy`, async (t) => {
    const { machine } = await machines(t, dialect);
    const a = await machine('a', 1);
    t.like(await a.ready(), { is: 'none', isVoid: false }, 'there has not been a login yet');
    await a.runs('one');
    await a.copy();
    await a.runs('one, and more');
    const b = await machine('b', 2);
    t.like(await b.ready(), { is: 'copy', failed: null });
    t.is(await b.login(), 'one');
    await b.runs('two');
    // Nothing was copied of that: as the newest copy is its own, the first one has the newer login.
    await a.owns(3);
    t.like(await a.ready(), { is: 'here' });
    t.is(await a.login(), 'one, and more');
    await b.owns(4);
    t.like(await b.ready(), { is: 'here' });
    await b.copy();
    await a.owns(5);
    t.like(await a.ready(), { is: 'copy', failed: null });
    t.is(await a.login(), 'two');
    t.like(await a.ready(), { is: 'here' }, 'and from then on it is its own');
  });

  test(`(${dialect}) a copy that does not open takes the place of nothing: an older one does, or what the machine has, and that is told`, async (t) => {
    const { machine, damage } = await machines(t, dialect);
    const a = await machine('a', 1);
    await a.ready();
    await a.runs('one');
    await a.copy();
    const b = await machine('b', 2);
    await b.ready();
    await b.runs('two');
    await b.copy();
    await damage(1);
    const c = await machine('c', 3);
    const found = await c.ready();
    t.is(found.is, 'copy');
    t.regex((found.is === 'copy' && found.failed) || '', /cannot be opened/);
    t.is(await c.login(), 'one');
    await a.owns(4);
    t.like(await a.ready(), { is: 'older' });
    t.is(await a.login(), 'one');
    await damage(2);
    const d = await machine('d', 5);
    t.like(await d.ready(), { is: 'lost' });
    t.is(await d.login(), null);
  });

  test(`(${dialect}) after a logout no machine begins with what it had before`, async (t) => {
    const { machine } = await machines(t, dialect);
    const a = await machine('a', 1);
    await a.runs('one');
    await a.copy();
    const b = await machine('b', 2);
    await b.ready();
    await b.copies.forget(b.own);
    t.is(await b.login(), 'one', 'it is for the owner to remove it');
    await a.owns(3);
    t.like(await a.ready(), { is: 'none', isVoid: true });
    t.is(await a.login(), null);
  });

  test(`(${dialect}) a database that was set back does not make what a machine has of later the newest for ever`, async (t) => {
    const { machine } = await machines(t, dialect);
    const a = await machine('a', 9);
    await a.ready();
    await a.runs('of a time that is no more');
    const b = await machine('b', 3);
    await b.runs('newest');
    await b.copy();
    await a.owns(4);
    t.like(await a.ready(), { is: 'copy' });
    t.is(await a.login(), 'newest');
  });
}

/** Machines with profiles of their own and one database. */
async function machines(t: ExecutionContext, dialect: Dialect) {
  const { room, own, owned } = await login(t, dialect);
  const owner: { of: SessionToken | null } = { of: null };
  const clock = new FakeClock(NOW);
  const machine = async (name: string, generation: number, key = SECRET_KEY) => {
    const tokens = await mkdtemp(join(room.tokensDir, `machine-${name}-`));
    t.teardown(() => rm(tokens, { recursive: true, force: true }));
    const vault = new Vault(tokens, clock);
    const generationOf = () => owner.of?.generation;
    const copies = new LoginCopies(vault, new CopyTable(room.db, () => owner.of), { keep: 2, key, clock, generationOf });
    const file = join(tokens, own.profile, 'chromium', 'login');
    const hold: Hold = async (work) => work(join(tokens, own.profile), new AbortController().signal);
    const owns = async (number: number) => {
      owner.of = { nodeId: `nod_${name}`, generation: number };
      await owned(owner.of.nodeId, number);
      clock.advance(1_000);
    };
    await owns(generation);
    return {
      ...{ copies, own, owns },
      async ready() {
        await vault.lock(own.profile, owner.of?.generation);
        return copies.ready(own).finally(() => vault.unlock(own.profile));
      },
      async runs(text: string) {
        await mkdir(join(file, '..'), { recursive: true });
        await writeFile(file, text);
      },
      copy: () => copies.take(own, hold),
      login: () => readFile(file, 'utf8').catch(() => null),
    };
  };
  /** The newest copies are not any more what was written. */
  const damage = (count: number) =>
    room.db.write(async ({ sql }) => {
      const times = sql('login_copies').where('size', '>', 0).orderBy('copied_at', 'desc').limit(count).select('copied_at');
      await sql('login_copy_pieces')
        .whereIn('copied_at', await times.pluck('copied_at'))
        .update({ bytes: Buffer.from('hookline-login-copy-wppconnect.v2.00000000\n') });
    });
  return { room, own, machine, damage };
}
