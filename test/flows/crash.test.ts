/** A crash before, in and after every transaction of a whole booking: nothing is skipped, nothing is said or asked twice. */
import test from 'ava';
import type { Database } from '../../src/db/open.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { flowOf, Hall, seed } from './helpers.ts';

const STEPS = `- say: Hello!
- ask: Which day?
  expect: date
  save: day
  on_silence: { after: 1m, say: Still there?, tries: 1 }
- http: POST https://clinic.example/bookings
  json: { day: "{{ day }}" }
  save: { booking: body.id }
- wait: 10s
- tag: booked
- emit: { event: booked, data: { id: "{{ booking }}" } }
- say: "Done, {{ booking }}."
- end`;

type Point = 'before' | 'within' | 'after';

/** The database of a hub that dies at its nth write: from then on nothing it does arrives. */
function mortal(db: Database, nth: number, point: Point): { db: Database; arm(): void; survived(): boolean } {
  let armed = false;
  let writes = 0;
  const dead = (): boolean => writes >= nth;
  const die = (): never => {
    throw new Error('the power went out');
  };
  return {
    arm: () => {
      armed = true;
    },
    survived: () => !dead(),
    db: {
      ...db,
      async write(work) {
        if (!armed) return db.write(work);
        if (dead()) return die();
        writes++;
        const last = dead();
        if (last && point === 'before') die();
        const value = await db.write(async (tx) => {
          const done = await work(last ? { ...tx, afterCommit: () => undefined } : tx);
          if (last && point === 'within') die();
          return done;
        });
        return last ? die() : value;
      },
    },
  };
}

for (const dialect of await stores()) {
  // By the second name WhatsApp calls the chat from the answer on.
  for (const moves of [false, true])
    test(`${dialect}: killed at every point of a booking${moves ? ' whose chat gets another name' : ''}`, async (t) => {
      t.timeout(180_000);
      const { db, dispose } = await testDatabase(dialect);
      t.teardown(dispose);
      let points = 0;
      for (const point of ['before', 'within', 'after'] as const) {
        for (let nth = 1; ; nth++) {
          const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
          const session = await seed(db);
          const number = String(81_000_000 + points++);
          const chat = `55219${number}@c.us`;
          const later = moves ? `5521${number}@c.us` : chat;
          const bookings = new Map<string, string>();
          const open = async (on: Database): Promise<Hall> => {
            const hall = await Hall.open(on, { clock, random: () => 0 });
            hall.answers = [
              (() => {
                const key = String(hall.requests.at(-1)?.headers['idempotency-key']);
                bookings.set(key, bookings.get(key) ?? `B${bookings.size + 1}`);
                return { status: 201, headers: {}, body: Buffer.from(JSON.stringify({ id: bookings.get(key) })) };
              }) as never,
            ];
            return hall;
          };
          let hall = await open(db);
          await hall.flows.put(session.tenantId, 'test', flowOf(STEPS));
          await hall.stop();

          const broken = mortal(db, nth, point);
          hall = await open(broken.db);
          broken.arm();
          // The phone's messages are on disk whatever happens to the flows.
          const write = (text: string, from = chat) => hall.announceOn(db, session, { chat: from, text });
          const texts = async () => (await hall.sent()).filter((one) => one.session === session.id).map(({ to, text }) => [to, text]);
          const said = async (count: number) => (await texts()).length >= count;
          const goOn = async (count: number): Promise<void> => {
            await until(
              async () => {
                if (!broken.survived() && hall.db !== db) {
                  await hall.stop();
                  hall = await open(db);
                }
                await new Promise((resolve) => setImmediate(resolve));
                await hall.settle();
                if (await said(count)) return true;
                clock.advance(1_000);
                return false;
              },
              { what: () => `${count} texts after ${point} ${nth}`, every: 1 },
            );
          };
          await write('hi');
          await goOn(2);
          await write('tomorrow', later);
          await goOn(3);
          await hall.settle();
          const wanted = [
            [chat, 'Hello!'],
            [chat, 'Which day?'],
            [later, 'Done, B1.'],
          ];
          t.deepEqual(await texts(), wanted, `${point} ${nth}`);
          t.is(bookings.size, 1, `${point} ${nth}: one booking`);
          const told = (await hall.events(session.tenantId, 'flow.started', 'flow.ended', 'flow.failed', 'custom.booked')).map(
            ({ type }) => type,
          );
          t.deepEqual(told, ['flow.started', 'custom.booked', 'flow.ended'], `${point} ${nth}`);
          await hall.stop();
          if (broken.survived()) break;
        }
      }
      t.true(points > 20, `${points} points`);
      t.log(`${points} points`);
    });
}

const ASKS = `flow: test
version: 1
start: [{ says: [hi] }]
transcribe: { url: "https://models.example/v1/audio/transcriptions" }
steps:
  - ask: Which day?
    expect: date
    save: day
  - ask_model: { url: "https://models.example/v1/chat/completions", instructions: Ask how many come. }
    save: { people: integer }
  - say: "Done, {{ people }} on {{ day }}."
  - end
`;

const doing = (name: string, args: object): string =>
  JSON.stringify({ choices: [{ message: { tool_calls: [{ function: { name, arguments: JSON.stringify(args) } }] } }] });

for (const dialect of await stores()) {
  test(`${dialect}: killed at every point of a talk with a model`, async (t) => {
    t.timeout(180_000);
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    let points = 0;
    const owner = await seed(db);
    const publisher = await Hall.open(db);
    publisher.models.push('any');
    await publisher.flows.put(owner.tenantId, 'test', ASKS);
    await publisher.stop();
    for (const point of ['within', 'after'] as const) {
      for (let nth = 1; ; nth++) {
        const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
        const session = await seed(db, { tenantId: owner.tenantId, name: `s${points}` });
        const chat = `55219${82_000_000 + points++}@c.us`;
        const asked: string[] = [];
        const open = async (on: Database): Promise<Hall> => {
          const hall = await Hall.open(on, { clock, random: () => 0 });
          hall.models.push('https://models.example');
          hall.files.set('med_day', { bytes: Buffer.from('OggS'), mimetype: 'audio/ogg' });
          hall.wayOut = {
            async request({ own, url, body }) {
              asked.push(String(own['idempotency-key']));
              const answer = url.endsWith('transcriptions')
                ? JSON.stringify({ text: 'tomorrow' })
                : String(body).includes('\\n4\\n')
                  ? doing('save', { people: 4 }).replace(']}}]', ',{"function":{"name":"done"}}]}}]')
                  : doing('say', { text: 'How many?' });
              return { status: 200, headers: {}, body: Buffer.from(answer) };
            },
          };
          return hall;
        };
        const broken = mortal(db, nth, point);
        let hall = await open(broken.db);
        broken.arm();
        const said: [object, number][] = [
          [{ text: 'hi' }, 1],
          [{ voice: 'med_day' }, 2],
          [{ text: '4' }, 3],
        ];
        for (const [inbound, count] of said) {
          await hall.announceOn(db, session, { chat, ...inbound });
          await until(
            async () => {
              if (!broken.survived() && hall.db !== db) {
                await hall.stop();
                hall = await open(db);
              }
              await new Promise((resolve) => setImmediate(resolve));
              await hall.settle();
              if ((await hall.texts(chat)).length >= count) return true;
              clock.advance(1_000);
              return false;
            },
            { what: () => `${count} texts after ${point} ${nth}`, every: 1 },
          );
        }
        await hall.settle();
        t.deepEqual(await hall.texts(chat), ['Which day?', 'How many?', 'Done, 4 on 2026-03-25.'], `${point} ${nth}`);
        t.is(new Set(asked).size, 3, `${point} ${nth}: each under its own key`);
        if (point === 'after') t.is(asked.length, 3, `${point} ${nth}: what was kept is not asked for again`);
        else t.true(asked.length <= 4, `${point} ${nth}`);
        await hall.stop();
        if (broken.survived()) break;
      }
    }
    t.true(points > 20, `${points} points`);
    t.log(`${points} points`);
  });
}
