import test, { type ExecutionContext } from 'ava';
import { Simulator } from '../../src/flows/simulator/simulator.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { catalogOf, flowOf, Hall, seed } from './helpers.ts';

const CHAT = '5511999990000@c.us';
const HOUR = 3_600_000;
const ASKING = flowOf('- ask: Which day?\n  save: day\n- say: "{{ day }} it is."\n- end');

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const start = async () => {
      const hall = await Hall.open(db, { clock });
      t.teardown(() => hall.stop());
      return hall;
    };
    const [hall, session] = [await start(), await seed(db)];
    await hall.flows.put(session.tenantId, 'test', ASKING);
    const types = async () =>
      (await hall.events(session.tenantId, 'chat.handoff', 'chat.resumed')).map(({ type, data }) => [type, data.by, data.until]);
    return { clock, start, hall, session, types };
  };

  test(`${dialect}: in a chat that a person has taken over no flow starts or goes on, until somebody resumes`, async (t) => {
    const { hall, session, types } = await open(t);
    await hall.receive(session, 'hi');
    t.like(await hall.handoffs.begin(session, CHAT, { by: 'api' }), { active: true, until: null, by: 'api' });
    await hall.receive(session, 'is anybody there?');
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['Which day?']);
    t.like(await hall.handoffs.get(session, CHAT), { active: true });
    await hall.receive(session, { chat: '5511999990001@c.us', text: 'hi' });
    t.deepEqual(await hall.texts(), ['Which day?', 'Which day?'], 'another chat goes on');

    t.like(await hall.handoffs.end(session, CHAT), { active: false, since: null });
    t.like(await hall.handoffs.end(session, CHAT), { active: false }, 'twice is once');
    await hall.receive(session, 'Monday');
    t.deepEqual((await hall.texts()).at(-1), 'Monday it is.', 'the run has waited');
    t.deepEqual(await types(), [
      ['chat.handoff', 'api', null],
      ['chat.resumed', 'api', undefined],
    ]);
  });

  test(`${dialect}: a pause ends by itself when its time is over, also over a restart, and can be changed`, async (t) => {
    const { clock, start, hall, session, types } = await open(t);
    await hall.handoffs.begin(session, CHAT, { by: 'webhook', pause: HOUR });
    const changed = await hall.handoffs.begin(session, CHAT, { by: 'api', pause: 2 * HOUR });
    t.is(changed.until, new Date(clock.now() + 2 * HOUR).toISOString());
    await hall.stop();
    clock.advance(HOUR + 1);
    const again = await start();
    await again.settle();
    await again.receive(session, 'hi');
    t.deepEqual(await again.texts(), []);
    clock.advance(HOUR);
    // Found by a sweep for due lanes, which is every 30 s.
    await until(
      async () => {
        clock.advance(30_000);
        await again.settle();
        return (await types()).at(-1)?.[0] === 'chat.resumed';
      },
      { what: () => 'the end of the pause' },
    );
    t.deepEqual((await types()).at(-1), ['chat.resumed', 'time', undefined]);
    t.false((await again.handoffs.get(session, CHAT)).active);
    await again.receive(session, 'hi');
    t.deepEqual(await again.texts(), ['Which day?']);
  });
}

test('in tests and in the terminal, too, a run has as much time left after a person as before', (t) => {
  const source = `${flowOf('- ask: Which day?\n  save: day\n  on_silence: { after: 10m, then: bye }')}parts: { bye: [{ say: Bye. }] }\n`;
  const scene = { now: 0, random: () => 0, contact: { name: 'Ana', phone: '5511999990000' }, session: 'main', chat: CHAT, mocks: [] };
  const simulator = new Simulator(catalogOf([{ path: 'a.yml', source }]), scene);
  simulator.receive({ text: 'hi' });
  simulator.advance(4 * 60_000);
  simulator.event('message.fromphone', { text: 'hello' });
  t.deepEqual(simulator.advance(12 * HOUR + 5 * 60_000), []);
  t.like(simulator.advance(60_000)[0], { kind: 'said', text: 'Bye.' });
});
