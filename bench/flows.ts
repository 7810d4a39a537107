/**
 * The flows by themselves, over a real SQLite file: triggers, one turn from the inbound commit to the reply in the outbox,
 * and what a waiting run weighs. `npm run bench flows`.
 */

import { setTimeout as wait } from 'node:timers/promises';
import type { RunId } from '../src/core/ids.ts';
import type { Database } from '../src/db/open.ts';
import { flowStore } from '../src/flows/catalogue/store.ts';
import { Catalog } from '../src/flows/program/catalog.ts';
import { checkFlows } from '../src/flows/program/lint.ts';
import { compile } from '../src/flows/program/program.ts';
import type { Run } from '../src/flows/turn/run.ts';
import { FIRST_STATE } from '../src/flows/turn/state.ts';
import { NOTHING_SAID } from '../src/flows/understanding/inbound.ts';
import { heard } from '../src/flows/understanding/match.ts';
import { collectGarbage } from '../src/ops/memory.ts';
import { Hall, seed, seedTenant } from '../test/flows/helpers.ts';
import { testDatabase } from '../test/helpers/database.ts';
import type { Figure } from './report.ts';

const FLOWS = 500;
const MATCHED = 20_000;
const TURNS = 500;
const WAITING = 100_000;
/** Milliseconds in which a hub that has started comes to rest. */
const SETTLE = 1_000;

const flowAt = (index: number): string =>
  `flow: f${index}\nversion: 1\nstart:\n  - says: [order ${index}, w${index}a, w${index}b please, help with ${index}]\nsteps:\n  - say: "Hi {{ contact.first_name }}, number ${index}"\n  - ask: Which day?\n    expect: date\n    save: day\n  - say: "{{ day | when }}"\n  - end\n`;

export async function flows(): Promise<Figure[]> {
  return [...matching(), ...(await turns()), ...(await waiting())];
}

function matching(): Figure[] {
  const { flows: parsed, faults } = checkFlows(
    Array.from({ length: FLOWS }, (_, index) => ({ path: `f${index}.yml`, source: flowAt(index) })),
  );
  if (faults.length > 0) throw new Error(JSON.stringify(faults[0]));
  const catalog = new Catalog(parsed.map(({ flow }) => ({ program: compile(flow), revision: 1 })));
  const contact = { name: 'Ana Souza', phone: '5511987654321' };
  const texts = Array.from({ length: 100 }, (_, index) => `good morning, I would like some help with ${index * 5} if you can`);
  const started = process.cpuUsage();
  let found = 0;
  for (let i = 0; i < MATCHED; i++) {
    const text = texts[i % texts.length] ?? '';
    found += catalog.index.find(heard({ ...NOTHING_SAID, type: 'text', text, contact })).length;
  }
  const { user, system } = process.cpuUsage(started);
  if (found < MATCHED) throw new Error('A message was not matched');
  const rate = MATCHED / ((user + system) / 1_000_000);
  return [
    {
      what: `messages through the triggers of ${FLOWS} flows, a second of CPU`,
      value: Math.round(rate).toLocaleString('en'),
      aim: '> 10,000',
    },
  ];
}

async function turns(): Promise<Figure[]> {
  const { db, dispose } = await testDatabase('sqlite', { rehearse: false });
  const hall = await Hall.open(db);
  try {
    const session = await seed(db, { tenantId: await seedTenant(db) });
    await hall.flows.publishFiles(
      session.tenantId,
      Array.from({ length: FLOWS }, (_, index) => ({ path: `flows/f${index}.yml`, source: flowAt(index) })),
    );
    await hall.receive(session, { chat: '5511000000@c.us', text: 'order 1' });
    const times: number[] = [];
    const cpu = process.cpuUsage();
    for (let i = 0; i < TURNS; i++) {
      const chat = `5511${1_000_000 + i}@c.us`;
      await hall.announce(session, { chat, text: `order ${i}` });
      const committed = performance.now();
      await hall.settle();
      times.push(performance.now() - committed);
    }
    const { user, system } = process.cpuUsage(cpu);
    if ((await hall.sent()).length < 2 * TURNS) throw new Error('Not every message was answered');
    times.sort((a, b) => a - b);
    const at = (share: number): string => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(1)} ms`;
    return [
      { what: `inbound commit to two replies in the outbox, ${FLOWS} flows, p50`, value: at(0.5), aim: '' },
      { what: 'the same, p99', value: at(0.99), aim: '< 15 ms' },
      { what: 'CPU of such a turn, all in', value: `${((user + system) / 1_000 / TURNS).toFixed(1)} ms`, aim: '' },
    ];
  } finally {
    await hall.stop();
    await dispose();
  }
}

async function waiting(): Promise<Figure[]> {
  const { db, dispose } = await testDatabase('sqlite', { rehearse: false });
  try {
    const session = await seed(db);
    const now = Date.now();
    await db.write(async (tx) => {
      const flows = flowStore(db).within(tx, session.tenantId);
      for (let i = 0; i < WAITING; i++) {
        const state = {
          ...FIRST_STATE,
          at: 'steps.1',
          answers: {},
          wait: { for: 'answer' as const, dueAt: now + 3_600_000 + i, invalid: 0, silent: 0, attempt: 0, request: 0 },
        };
        const run: Run = {
          ...{ id: `run_${String(i).padStart(10, '0')}` as RunId, sessionId: session.id, chatId: `55${i}@c.us`, flow: 'f', revision: 1 },
          ...{ status: 'waiting', state, trace: [], error: null, wakesAt: now + 3_600_000 + i, startedAt: now, updatedAt: now },
        };
        await flows.saveRun(run);
        await tx.sql('lanes').insert({
          key: `flow:${session.id}:55${i}@c.us`,
          kind: 'flow',
          tenant_id: session.tenantId,
          due_at: now + 3_600_000 + i,
          token: '',
        });
      }
    });
    const onDisk = await bytesOnDisk(db);
    const before = inMemory();
    const hall = await Hall.open(db);
    await hall.settle();
    await wait(SETTLE);
    const grown = inMemory() - before;
    await hall.stop();
    return [
      {
        what: `memory of a hub's flows with ${WAITING.toLocaleString('en')} runs waiting, a run (they wait on the disk)`,
        value: `${Math.max(0, Math.round(grown / WAITING))} bytes`,
        aim: '< 1,000 bytes',
      },
      { what: 'a waiting run on the disk, with its indexes and its lane', value: `${Math.round(onDisk / WAITING)} bytes`, aim: '' },
    ];
  } finally {
    await dispose();
  }
}

/** Bytes that are reachable, in V8's heap and outside of it: unlike the resident memory they are the same each time. */
function inMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function bytesOnDisk({ sql }: Database): Promise<number> {
  const [{ size }] = await sql.raw('SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()');
  return size;
}
