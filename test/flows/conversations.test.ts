/** What a run waits for, and what else happens in its chat, with rows, lanes and ledger as in the hub. */
import test, { type ExecutionContext } from 'ava';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { flowOf, Hall, KNOWS_AGAIN, seed } from './helpers.ts';

const CHAT = '5511999990000@c.us';
const MINUTE = 60_000;

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
    const start = async () => {
      const hall = await Hall.open(db, { clock, random: () => 0 });
      t.teardown(() => hall.stop());
      return hall;
    };
    const [hall, session] = [await start(), await seed(db)];
    const put = (source: string, name = 'test') => hall.flows.put(session.tenantId, name, source);
    /** Time passes, and what is due is done; lanes that are due later than a minute are found by a sweep every 30 s. */
    const pass = async (by: number, at: Hall = hall) => {
      for (let left = by; left > 0; left -= 30_000) {
        clock.advance(Math.min(left, 30_000));
        await new Promise((resolve) => setImmediate(resolve));
        await at.settle();
      }
      await at.settle();
    };
    return { db, clock, start, hall, session, put, pass };
  };

  test(`${dialect}: a wait goes on at its time, once, also over a restart`, async (t) => {
    const { hall, session, put, start, pass } = await open(t);
    await put(flowOf('- say: one\n- wait: 10m\n- say: two\n- end'));
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['one']);
    await pass(9 * MINUTE);
    t.deepEqual(await hall.texts(), ['one']);
    await hall.stop();
    const again = await start();
    await until(
      async () => {
        await pass(MINUTE, again);
        return (await again.texts()).length === 2;
      },
      { what: 'the wait to end' },
    );
    await pass(20 * MINUTE, again);
    t.deepEqual(await again.texts(), ['one', 'two']);
    t.is((await again.events(session.tenantId, 'flow.ended')).length, 1);
  });

  test(`${dialect}: silence is broken as often as the flow says, and then leads on`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    const ask = '- ask: Which day?\n  save: day\n  on_silence: { after: 1m, say: Still there?, tries: 2, then: bye }';
    await put(`${flowOf(ask)}parts:\n  bye: [{ say: Bye. }, end]\n`);
    await hall.receive(session, 'hi');
    await pass(6 * MINUTE);
    t.deepEqual(await hall.texts(), ['Which day?', 'Still there?', 'Still there?', 'Bye.']);
  });

  test(`${dialect}: a request is made between two turns, with its key, and its secret stands nowhere`, async (t) => {
    const { db, hall, session, put, pass } = await open(t);
    await hall.secrets.set(session.tenantId, 'shop_key', 'sesame');
    const steps = `- ask: Number?
  save: number
- http: POST https://shop.example/orders/{{ number }}
  json: { number: "{{ number }}", name: "{{ contact.name }}" }
  headers: { Authorization: "Bearer {{ secrets.shop_key }}" }
  save: { state: body.order.state, code: status }
- say: "{{ code }} {{ state }}"
- end`;
    await put(flowOf(steps));
    hall.answers = [
      { error: 'connect', detail: 'refused by sesame' },
      { status: 503, headers: {}, body: Buffer.from('later') },
      { status: 201, headers: {}, body: Buffer.from('{"order":{"state":"packed"}}') },
    ];
    await hall.receive(session, 'hi');
    await hall.receive(session, '10/42 ?x');
    await pass(MINUTE);
    t.deepEqual(await hall.texts(), ['Number?', '201 packed']);
    t.is(hall.requests.length, 3);
    const [first] = hall.requests;
    t.like(first, { method: 'POST', url: 'https://shop.example/orders/10%2F42%20%3Fx', body: '{"number":"10/42 ?x","name":"Ana Souza"}' });
    t.is(first?.headers.authorization, 'Bearer sesame');
    t.is(new Set(hall.requests.map(({ headers }) => headers['idempotency-key'])).size, 1, 'three tries, one key');
    for (const table of ['flow_runs', 'flow_chats', 'events', 'flow_secrets', 'test_outbox']) {
      const rows = await db.sql(table);
      t.true(rows.length > 0, table);
      t.false(JSON.stringify(rows).includes('sesame'), table);
    }
  });

  test(`${dialect}: a request that fails for good leads to on_error, or fails the run`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    hall.answers = [{ status: 404, headers: {}, body: Buffer.from('') }];
    await put(
      `${flowOf('- http: GET https://shop.example/x\n  on_error: sorry')}parts:\n  sorry: [{ say: "Sorry, {{ http.status }}." }, end]\n`,
    );
    await hall.receive(session, 'hi');
    await pass(1_000);
    t.deepEqual(await hall.texts(), ['Sorry, 404.']);
    await put(flowOf('- http: GET https://shop.example/{{ secrets.none }}\n- end'));
    await hall.receive(session, 'hi');
    await pass(1_000);
    const [failed] = await hall.events(session.tenantId, 'flow.failed');
    t.regex(failed?.data.error.message, /no secret "none".*hookline secret set none/);
  });

  test(`${dialect}: a person who writes on the phone takes the chat over`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    await put(flowOf('- ask: Which day?\n  save: day\n  on_silence: { after: 20m, say: Still there? }\n- say: "{{ day }}."'));
    await hall.receive(session, 'hi');
    await hall.receive(session, { text: 'I am here myself', type: 'message.fromphone' });
    await hall.receive(session, 'oh, good');
    t.deepEqual(await hall.texts(), ['Which day?']);
    t.like(await hall.handoffs.get(session, CHAT), { active: true, by: 'phone' });
    await hall.receive(session, { text: 'anything else?', type: 'message.fromphone' });
    t.is((await hall.events(session.tenantId, 'chat.handoff')).length, 1, 'told once');
    await pass(40 * MINUTE);
    await hall.handoffs.end(session, CHAT);
    await pass(MINUTE);
    t.deepEqual(await hall.texts(), ['Which day?'], 'the time of the person was no silence of the contact');
    await hall.receive(session, 'Monday');
    t.is((await hall.texts()).at(-1), 'Monday.');
  });

  test(`${dialect}: how long a person has the chat after writing on the phone is set, and may be not at all`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    await put(flowOf('- say: hello'));
    hall.settings = { typing: true, phonePause: 5 * MINUTE };
    await hall.receive(session, { text: 'it is me', type: 'message.fromphone' });
    await hall.receive(session, 'hi');
    await pass(6 * MINUTE);
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['hello']);
    hall.settings = { typing: true, phonePause: 0 };
    await hall.receive(session, { text: 'me again', type: 'message.fromphone' });
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['hello', 'hello']);
  });

  test(`${dialect}: what is written on the phone starts the flow that asks for it, and gives the chat back`, async (t) => {
    const { hall, session, put } = await open(t);
    await put(flowOf('- ask: Which day?\n  save: day', { name: 'asking' }), 'asking');
    const done = flowOf('- say: "{{ contact.phone }} {{ message.text }}"\n- ask: Stars?\n  save: stars', { name: 'done' });
    await put(done.replace('- says: [hi]', '- event: message.fromphone\n    if: message.text == "#done"'), 'done');
    await hall.receive(session, 'hi');
    await hall.receive(session, { text: 'I am here myself', type: 'message.fromphone' });
    await hall.receive(session, 'thanks');
    t.deepEqual(await hall.texts(), ['Which day?'], 'anything else takes the chat over');
    await hall.receive(session, { text: '#done', type: 'message.fromphone' });
    t.deepEqual(await hall.texts(), ['Which day?', '5511999990000 #done', 'Stars?']);
    t.like(await hall.handoffs.get(session, CHAT), { active: false });
    const told = await hall.events(session.tenantId, 'chat.handoff', 'chat.resumed', 'flow.ended');
    t.deepEqual(
      told.map(({ type, data }) => [type, data.by ?? data.reason]),
      [
        ['chat.handoff', 'phone'],
        ['chat.resumed', 'flow'],
        ['flow.ended', 'replaced'],
      ],
    );
    await hall.receive(session, '5');
    t.is((await hall.flows.listRuns(session.tenantId, { limit: 1 })).data[0]?.status, 'ended');
  });

  test(`${dialect}: typing is shown as the tenant has it, unless the flow or the step says`, async (t) => {
    const { hall, session, put } = await open(t);
    await put(flowOf('- say: a\n- say: b\n  typing: true\n- say: c\n  typing: 2s'));
    const typings = async () => (await hall.sent()).map(({ typing }) => typing);
    await hall.receive(session, 'hi');
    t.deepEqual(await typings(), [true, true, 2_000]);
    hall.settings = { typing: false, phonePause: 0 };
    await hall.receive(session, 'hi');
    t.deepEqual((await typings()).slice(3), [false, true, 2_000]);
  });

  test(`${dialect}: a flow's own handoff ends it, with a note, and pauses the chat`, async (t) => {
    const { hall, session, put } = await open(t);
    await put(flowOf('- say: wait\n- handoff: { pause: 12h, note: "{{ contact.name }} is angry" }'));
    await hall.receive(session, 'hi');
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['wait']);
    const [told] = await hall.events(session.tenantId, 'chat.handoff');
    t.like(told?.data, { by: 'flow', note: 'Ana Souza is angry' });
  });

  test(`${dialect}: anytime leads out of a question; what a mode says becomes of a message meanwhile`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    const talk = async (mode: string, ...texts: string[]) => {
      const from = (await hall.texts()).length;
      const steps = '- say: begun\n- wait: 5m\n- ask: Day?\n  save: day\n- say: "{{ day }}!"';
      const anytime = `mode: ${mode}\nanytime:\n  - { says: stop, go: out }\n`;
      await put(`${anytime}${flowOf(steps)}parts:\n  out: [{ say: stopped }, end]\n`);
      for (const text of texts) await hall.receive(session, text);
      await pass(5 * MINUTE);
      await hall.receive(session, 'stop');
      return (await hall.texts()).slice(from);
    };
    t.deepEqual(await talk('continue', 'hi', 'Monday'), ['begun', 'Day?', 'stopped']);
    t.deepEqual(await talk('continue', 'hi', 'please stop'), ['begun', 'stopped']);
    t.deepEqual(await talk('ignore', 'hi', 'stop'), ['begun', 'Day?', 'stopped']);
    t.deepEqual(await talk('queue', 'hi', 'Monday'), ['begun', 'Day?', 'Monday!']);
    t.deepEqual(await talk('restart', 'hi', 'hi'), ['begun', 'begun', 'Day?', 'stopped']);
    const ended = await hall.events(session.tenantId, 'flow.ended');
    t.true(ended.some(({ data }) => data.reason === 'replaced'));
  });

  test(`${dialect}: a burst of messages is one`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    await put(
      `gather: 3s\n${flowOf('- ask: Tell me.\n  save: all\n- say: "{{ all | replace: message.text, \'got it\' }} {{ message.text }}"')}`,
    );
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), []);
    await pass(3_000);
    for (const text of ['my', 'order']) await hall.receive(session, text);
    await pass(2_000);
    await hall.receive(session, 'is late');
    await pass(2_000);
    t.deepEqual(await hall.texts(), ['Tell me.']);
    await pass(1_000);
    t.deepEqual(await hall.texts(), ['Tell me.', 'got it my\norder\nis late']);
  });

  test(`${dialect}: the twentieth same message within five minutes stops the flows in the chat`, async (t) => {
    const { hall, session, put } = await open(t);
    await put(flowOf('- say: I am a bot'));
    for (let i = 0; i < 25; i++) await hall.receive(session, 'hi');
    t.is((await hall.texts()).length, 19);
    t.like(await hall.handoffs.get(session, CHAT), { active: true, by: 'loop', until: null });
    t.is((await hall.events(session.tenantId, 'flow.failed'))[0]?.data.error.code, 'loop');
    await hall.handoffs.end(session, CHAT);
    await hall.receive(session, 'hi');
    t.is((await hall.texts()).length, 20);
  });

  test(`${dialect}: what is published anew keeps, takes along or ends the runs under way`, async (t) => {
    const { hall, session, put } = await open(t);
    const source = (say: string, before = '') => flowOf(`${before}- id: day\n  ask: Day?\n  save: day\n- say: "${say} {{ day }}"`);
    const talk = async (runs: 'keep' | 'migrate' | 'end') => {
      await put(source('old'));
      await hall.receive(session, 'hi');
      await hall.flows.put(session.tenantId, 'test', source('new', '- say: Hello\n'), { runs });
      await hall.receive(session, 'Monday');
      return (await hall.texts()).at(-1);
    };
    t.is(await talk('keep'), 'old Monday');
    t.is(await talk('migrate'), 'new Monday');
    t.is(await talk('end'), 'Day?');
    t.like((await hall.events(session.tenantId, 'flow.ended')).at(-1)?.data, { reason: 'published' });
  });

  test(`${dialect}: a flow calls another and comes back, on the revisions of its beginning`, async (t) => {
    const { hall, session, put } = await open(t);
    const callee = (word: string) =>
      `inputs: [who]\n${flowOf(`- ask: "${word}, {{ who }}?"\n  save: mood\n- end`, { name: 'mood', says: '[mood]' })}`;
    await put(callee('How are you'), 'mood');
    await put(flowOf('- call: mood\n  with: { who: "{{ contact.first_name }}" }\n- say: "So {{ mood }}."'));
    await hall.receive(session, 'hi');
    await put(callee('Changed'), 'mood');
    await hall.receive(session, 'fine');
    t.deepEqual(await hall.texts(), ['How are you, Ana?', 'So fine.']);
  });

  test(`${dialect}: groups and events start only the flows that ask for them`, async (t) => {
    const { db, hall, session, put } = await open(t);
    await put(`only_if: { chat: group }\n${flowOf('- say: group', { name: 'group' })}`, 'group');
    await put(flowOf('- say: private'));
    await put(
      "flow: call\nversion: 1\nstart:\n  - event: call.incoming\n    if: 'event.data.video == false'\nsteps:\n  - say: We do not take calls.\n",
      'call',
    );
    await hall.receive(session, { text: 'hi', chat: '12036302@g.us', kind: 'group' });
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['group', 'private']);
    const from = { id: CHAT, lid: null, phone: '5511999990000', name: 'Ana' };
    const call = (video: boolean) =>
      db.write((tx) =>
        hall.ledger.append(tx, [{ tenantId: session.tenantId, session, type: 'call.incoming', data: { callId: 'x', from, video } }]),
      );
    await call(true);
    await call(false);
    await hall.settle();
    t.deepEqual(await hall.texts(), ['group', 'private', 'We do not take calls.']);
  });

  test(`${dialect}: what a flow says to a failed message, and fails itself, starts it no more`, async (t) => {
    const { db, hall, session, put } = await open(t);
    const goesWrong = async (type: 'message.failed' | 'message.undelivered', id: string) => {
      const data = { id, direction: 'outbound', type: 'text', chat: { id: CHAT, kind: 'private' }, from: null, to: CHAT, text: 'x' };
      await db.write((tx) => hall.ledger.append(tx, [{ tenantId: session.tenantId, session, type, data }]));
      await hall.settle();
    };
    const start = (type: string) =>
      `flow: sorry\nversion: 1\nstart:\n  - event: ${type}\nsteps:\n  - say: "Sorry, +{{ contact.phone }}."\n`;
    await put(start('message.failed'), 'sorry');
    await goesWrong('message.failed', 'msg_of_ours');
    t.deepEqual(await hall.texts(), ['Sorry, +5511999990000.']);
    const [run] = (await hall.flows.listRuns(session.tenantId, { limit: 1 })).data;
    t.is(run?.trace[0]?.messageId, 'msg_of_ours');
    const reply = run?.trace[0]?.sent[0]?.messageId ?? '';
    await goesWrong('message.failed', reply);
    t.is((await hall.texts()).length, 1, 'its own reply');
    await put(start('message.undelivered'), 'sorry');
    await goesWrong('message.undelivered', reply);
    t.is((await hall.texts()).length, 1, 'nor by the other way to go wrong');
    await goesWrong('message.undelivered', 'msg_of_ours_too');
    t.is((await hall.texts()).length, 2, 'another message of the account');
  });

  test(`${dialect}: the API and the clock start flows, with inputs, in chats that said nothing`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    await put('flow: remind\nversion: 1\ninputs: [day]\nstart:\n  - api: true\nsteps:\n  - say: "See you {{ day | when }}."\n', 'remind');
    await hall.flows.start(session, CHAT, { flow: 'remind', data: { day: '2026-03-25' } });
    await hall.settle();
    t.deepEqual(await hall.texts(), ['See you tomorrow.']);
    await t.throwsAsync(hall.flows.start(session, CHAT, { flow: 'remind', data: { dya: 'x' } }), {
      code: 'flow-invalid',
      message: /no input "dya"/,
    });
    await t.throwsAsync(hall.flows.start(session, CHAT, { flow: 'nobody', data: {} }), { code: 'not-found' });
    const schedule = '{ days: tue, at: "12:10", session: main, to: ["+55 11 99999-0000"] }';
    await put(`flow: weekly\nversion: 1\nstart:\n  - schedule: ${schedule}\nsteps:\n  - say: Tuesday!\n`, 'weekly');
    await pass(9 * MINUTE);
    t.is((await hall.texts()).length, 1);
    await pass(2 * MINUTE);
    t.deepEqual(await hall.texts(), ['See you tomorrow.', 'Tuesday!']);
    await pass(20 * MINUTE);
    t.is((await hall.texts()).length, 2, 'once');
  });

  test(`${dialect}: tags, what is remembered and again_after outlast the run`, async (t) => {
    const { hall, session, put, pass } = await open(t);
    await put(KNOWS_AGAIN);
    await hall.receive(session, 'hi gold');
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['noted']);
    await pass(2 * MINUTE);
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['noted', 'Welcome back, HI GOLD']);
  });

  test(`${dialect}: files are made ready outside of the turn, and what is shown on the phone comes after it`, async (t) => {
    const { hall, session, put } = await open(t);
    await put(
      flowOf(
        '- seen\n- say: { image: "https://shop.example/{{ message.text }}.png", text: "For *{{ contact.first_name }}*" }\n- react: 👍',
      ),
    );
    await hall.receive(session, 'hi a/b');
    const [image, reaction, ...others] = await hall.sent();
    t.deepEqual(others, []);
    t.like(image, { type: 'image', media: { url: 'https://shop.example/hi%20a%2Fb.png' }, caption: 'For *Ana*', to: CHAT });
    t.like(reaction, { type: 'reaction', emoji: '👍' });
    t.is(hall.outbox.prepared.length, 1);
    t.deepEqual(hall.shown, ['seen']);
  });

  test(`${dialect}: a poll is answered by a vote`, async (t) => {
    const { db, hall, session, put } = await open(t);
    await put(flowOf('- poll: Happy?\n  options: ["Yes", "No"]\n  save: happy\n- say: "{{ happy }} it is"'));
    await hall.receive(session, 'hi');
    const data = { messageId: 'msg_poll', engineId: 'x', chat: { id: CHAT, kind: 'private' }, from: null, options: ['No'] };
    await db.write((tx) => hall.ledger.append(tx, [{ tenantId: session.tenantId, session, type: 'poll.vote', data }]));
    await hall.settle();
    const sent = async () => (await hall.sent()).map(({ type, text }) => text ?? type);
    t.deepEqual(await sent(), ['poll', 'No it is']);
    await put(flowOf('- ask: Name?\n  save: name'));
    await hall.receive(session, 'hi');
    await db.write((tx) => hall.ledger.append(tx, [{ tenantId: session.tenantId, session, type: 'poll.vote', data }]));
    await hall.settle();
    t.deepEqual((await sent()).slice(2), ['Name?'], 'a vote is no answer to another question');
  });
}
