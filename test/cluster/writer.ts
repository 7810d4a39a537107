/** Appends events to the ledger of the database that its first argument names, as `node` or `guest` (a command beside them), until it is told to stop; says how many. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { holdDatabase } from '../../src/db/database-hold.ts';
import { NodeTenure } from '../../src/db/node-tenure.ts';
import { openDatabase } from '../../src/db/open.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { testRuntime } from '../helpers/runtime.ts';

const [url = '', as = '', tenantId = '', sessionId = '', count = ''] = process.argv.slice(2);
const tenure = new NodeTenure(
  { id: newId('nod', Date.now()), url: 'http://127.0.0.1:1', version: '0', role: 'all', lease: 30_000 },
  {
    ...{
      report: () => ({ memoryBytes: 0, sessions: 0, roomBytes: null, followers: {} }),
      onBeat: () => undefined,
      onBuried: () => undefined,
    },
    ...{ onNews: () => undefined, onDeaf: () => undefined },
  },
);
const hold = as === 'node' ? await holdDatabase(url, { clock: systemClock, onLost: () => process.exit(3), tenure }) : undefined;
await hold?.claim();
const db = openDatabase({ url }, { readers: 1, ...(hold && { hold }) });
const ledger = new Ledger(db, testRuntime());
const session = { id: sessionId as SessionId, name: 'a', tenantId: tenantId as TenantId };
let [written, lane] = [0, 0];

async function writeOn(): Promise<void> {
  while (written < Number(count)) {
    const size = 1 + Math.floor(Math.random() * 3);
    const isUndone = Math.random() < 0.05;
    written += isUndone ? 0 : size;
    await db
      .write(async (tx) => {
        const drafts = Array.from({ length: size }, () => ({
          tenantId: session.tenantId,
          session,
          type: 'custom.note' as const,
          data: null,
        }));
        await ledger.append(tx, drafts);
        // A transaction that dawdles after it has its positions lets others overtake it, if they can.
        if (Math.random() < 0.02) await sleep(Math.random() * 15);
        if (isUndone) throw new Error('undone');
      })
      .catch((error) => {
        if (error.message === 'undone') return;
        // Its turn did not come in time, on a busy machine: it says that nothing was stored.
        if (!/Nothing was stored/.test(error.message)) throw error;
        written -= isUndone ? 0 : size;
      });
    if (lane++ % 7 === 0) await sleep(Math.random() * 3);
  }
}
await Promise.all(Array.from({ length: 4 }, writeOn));
process.stdout.write(`${written}\n`);
await db.close();
await hold?.release();
