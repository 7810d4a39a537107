/** Several processes append to one ledger: whoever reads on by position misses nothing, and sees nothing twice. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { compileCacheEnv } from '../../src/core/compile-cache.ts';
import type { LedgerEvent } from '../../src/core/events.ts';
import { newId } from '../../src/core/ids.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { testRuntime } from '../helpers/runtime.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;
const EACH = process.env.HOOKLINE_TEST_FAULTS === 'full' ? 20_000 : 600;

onPostgres(
  'three nodes and a command beside them append at once: a follower and a bare reader see each event once, in order',
  async (t) => {
    const { db, location, dispose } = await testDatabase('postgres', { rehearse: false });
    const [tenantId, times] = [newId('tnt', 0), { created_at: 0, updated_at: 0 }];
    const sessions = Array.from({ length: 2 }, () => newId('ses', 0));
    await db.write(async ({ sql }) => {
      await sql('tenants').insert({ id: tenantId, name: tenantId, ...times });
      const row = { tenant_id: tenantId, engine: 'sandbox', desired: 'started', status: 'connected', ...times };
      await sql('whatsapp_instances').insert(sessions.map((id) => ({ id, name: id, profile: id, ...row })));
    });
    const ledger = new Ledger(db, testRuntime());
    t.teardown(async () => {
      await ledger.stop();
      await dispose();
    });
    const followed: number[] = [];
    ledger.follow('test', async (tx, events) => {
      const positions = events.map(({ position }) => position);
      tx.afterCommit(() => void followed.push(...positions));
    });
    ledger.start();
    const began = performance.now();
    const writers = ['node', 'node', 'node', 'guest'].map((as, index): ChildProcess => {
      const args = [(location as { url: string }).url, as, tenantId, sessions[index % 2] as string, String(EACH)];
      return spawn(process.execPath, [fileURLToPath(new URL('./writer.ts', import.meta.url)), ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...compileCacheEnv() },
      });
    });
    const outputs = writers.map(({ stdout }) => text(stdout as NonNullable<typeof stdout>));
    let isOver = false;
    const over = Promise.all(writers.map((writer) => once(writer, 'exit'))).then((codes) => {
      isOver = true;
      t.deepEqual(
        codes.map(([code]) => code),
        [0, 0, 0, 0],
      );
    });
    // A reader that knows nothing but the last position that it has seen.
    const read: LedgerEvent[] = [];
    for (let last = 0, was = false; ; was = isOver) {
      const rows: LedgerEvent[] = await db.sql('events').where('position', '>', last).orderBy('position').limit(100);
      read.push(...rows);
      last = rows.at(-1)?.position ?? last;
      if (rows.length === 0 && was) break;
      ledger.heardOf(null);
    }
    await over;
    const written = (await Promise.all(outputs)).reduce((sum, output) => sum + Number(output), 0);
    const stored: number[] = await db.sql('events').orderBy('position').pluck('position');
    t.is(stored.length, written);
    t.deepEqual(
      read.map(({ position }) => position),
      stored,
    );
    // Woken by nothing but its sweep, it may be behind; woken, it goes on from where it is.
    await ledger.stop();
    ledger.start();
    await until(() => followed.length >= stored.length, { what: 'the follower' });
    t.deepEqual(followed, stored);
    const seqs: { session_id: string; seq: number }[] = await db.sql('events').orderBy('position').select('session_id', 'seq');
    for (const id of sessions) {
      const own = seqs.filter(({ session_id }) => session_id === id).map(({ seq }) => seq);
      t.deepEqual(
        own,
        own.map((_, index) => index + 1),
      );
    }
    t.log(`${Math.round((written * 1_000) / (performance.now() - began))} events a second from ${writers.length} writers`);
  },
);
