/** Whether somebody is on WhatsApp, under which address, and which hidden number is whose; on both stores. */
import test, { type ExecutionContext } from 'ava';
import type { HooklineError } from '../../../src/core/errors.ts';
import { HooklineError as Refusal } from '../../../src/core/errors.ts';
import { newId } from '../../../src/core/ids.ts';
import type { ChatId } from '../../../src/core/message.ts';
import type { SessionRef } from '../../../src/core/session.ts';
import type { DialectName } from '../../../src/db/dialect.ts';
import { AddressBook } from '../../../src/messages/addresses/address-book.ts';
import { stores, testDatabase } from '../../helpers/database.ts';
import { FakeClock } from '../../helpers/runtime.ts';
import { gate, insertSession } from '../hub.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Says what it was asked, and knows whom it is told to know. */
class WhatsApp {
  readonly asked: ChatId[] = [];
  readonly accounts: Record<ChatId, Partial<{ chatId: ChatId; lid: ChatId; phone: string }>> = {};
  onAsk: () => Promise<void> = async () => undefined;

  async exists(address: ChatId) {
    this.asked.push(address);
    await this.onAsk();
    const account = this.accounts[address];
    return { exists: account !== undefined, chatId: account?.chatId ?? null, lid: account?.lid ?? null, phone: account?.phone ?? null };
  }
}

async function world(t: ExecutionContext, dialect: DialectName) {
  const { db, dispose } = await testDatabase(dialect);
  t.teardown(dispose);
  const clock = new FakeClock();
  const session = await insertSession(db);
  const book = new AddressBook(db, { clock });
  const learn = (parties: Parameters<AddressBook['learn']>[2], of: SessionRef = session) => db.write((tx) => book.learn(tx, of, parties));
  const row = { tenant_id: session.tenantId, session_id: session.id, type: 'text', content: '{}', history: '[]', at: 0 };
  const heard = (chat_id: ChatId, direction = 'inbound') =>
    db.write(async ({ sql }) => {
      await sql('messages').insert({ ...row, id: newId('msg', 0), chat_id, direction, status: 'x', created_at: clock.now() });
    });
  return { db, clock, session, whatsapp: new WhatsApp(), book, learn, heard };
}

const person = (id: ChatId, lid: ChatId | null = null, phone: string | null = null) => ({ id, lid, phone, name: null });
const ANA = '5511988887777@c.us';
const LID = '123456789012345@lid';

for (const dialect of await stores()) {
  const on = (title: string) => `${dialect}: ${title}`;

  test(on('an address is asked about once, then known for a month'), async (t) => {
    const { book, session, whatsapp, clock } = await world(t, dialect);
    whatsapp.accounts[ANA] = {};
    for (let i = 0; i < 3; i++) t.is(await book.resolve(session, ANA, whatsapp), ANA);
    clock.advance(30 * DAY - 1);
    await book.resolve(session, ANA, whatsapp);
    t.deepEqual(whatsapp.asked, [ANA]);
    clock.advance(1);
    await book.resolve(session, ANA, whatsapp);
    t.deepEqual(whatsapp.asked, [ANA, ANA]);
  });

  test(on('whoever is not on WhatsApp is refused for good, and asked about again after an hour'), async (t) => {
    const { book, session, whatsapp, clock } = await world(t, dialect);
    const number = '14155552671@c.us';
    for (let i = 0; i < 2; i++) {
      const error = await t.throwsAsync<HooklineError>(book.resolve(session, number, whatsapp));
      t.is(error?.code, 'recipient-unknown');
      t.is(error?.stage, 'refused');
      t.regex(error?.message ?? '', /\+14155552671/);
    }
    t.is(whatsapp.asked.length, 1);
    clock.advance(HOUR);
    whatsapp.accounts[number] = {};
    t.is(await book.resolve(session, number, whatsapp), number);
  });

  test(on('every form of a number is tried, the most likely first, and the one that is there is written to'), async (t) => {
    const { book, session, whatsapp } = await world(t, dialect);
    whatsapp.accounts['553188887777@c.us'] = {};
    whatsapp.accounts['5215512345678@c.us'] = {};
    whatsapp.accounts['541112345678@c.us'] = {};
    t.is(await book.resolve(session, '5531988887777@c.us', whatsapp), '553188887777@c.us');
    t.is(await book.resolve(session, '525512345678@c.us', whatsapp), '5215512345678@c.us');
    t.is(await book.resolve(session, '541112345678@c.us', whatsapp), '541112345678@c.us');
    t.deepEqual(whatsapp.asked, ['553188887777@c.us', '5215512345678@c.us', '5491112345678@c.us', '541112345678@c.us']);
  });

  test(on('WhatsApp may name another address than it was asked for'), async (t) => {
    const { book, session, whatsapp } = await world(t, dialect);
    whatsapp.accounts[ANA] = { chatId: LID };
    t.is(await book.resolve(session, ANA, whatsapp), LID);
    t.like(await book.check(session, ANA, whatsapp), { exists: true, id: LID, lid: LID, phone: '5511988887777' });
  });

  test(on('groups, hidden numbers and newsletters pass unasked'), async (t) => {
    const { book, session, whatsapp } = await world(t, dialect);
    for (const id of ['120363025246125486@g.us', LID, '120363144038483540@newsletter']) {
      t.is(await book.resolve(session, id, whatsapp), id);
    }
    t.deepEqual(whatsapp.asked, []);
  });

  test(on('whoever wrote to the session is answered where they wrote from, unasked'), async (t) => {
    const { book, session, whatsapp, heard } = await world(t, dialect);
    // Against what is likely in this area.
    await heard('5531988887777@c.us');
    await heard('14155552671@c.us', 'outbound');
    t.is(await book.resolve(session, '553188887777@c.us', whatsapp), '5531988887777@c.us');
    t.deepEqual(whatsapp.asked, []);
    await t.throwsAsync(book.resolve(session, '14155552671@c.us', whatsapp), { code: 'recipient-unknown' } as object);
    await heard('14155552671@c.us');
    t.is(await book.resolve(session, '14155552671@c.us', whatsapp), '14155552671@c.us', 'what was not there an hour ago has written');
  });

  test(on('one question at a time is asked about an address, whoever waits for it'), async (t) => {
    const { book, session, whatsapp } = await world(t, dialect);
    whatsapp.accounts[ANA] = {};
    const { opened, open } = gate();
    whatsapp.onAsk = () => opened;
    const all = Array.from({ length: 20 }, () => book.check(session, ANA, whatsapp, { fresh: true }));
    open();
    const answers = await Promise.all(all);
    t.true(answers.every(({ exists }) => exists));
    t.is(whatsapp.asked.length, 1);
  });

  test(on('what the engine throws passes, says that nothing was handed over, and is not remembered'), async (t) => {
    const { book, session, whatsapp } = await world(t, dialect);
    whatsapp.accounts[ANA] = {};
    whatsapp.onAsk = () => Promise.reject(new Refusal('engine-timeout', 'No answer in 30 s.', { extra: { engine: 'fake' } }));
    const error = await t.throwsAsync<HooklineError>(book.resolve(session, ANA, whatsapp));
    t.is(error?.code, 'engine-timeout');
    t.like(error, { extra: { engine: 'fake' }, stage: 'later' });
    whatsapp.onAsk = () => Promise.reject(new Error('a bug'));
    t.like(await t.throwsAsync<HooklineError>(book.resolve(session, ANA, whatsapp)), {
      code: 'engine-failed',
      message: 'a bug',
      stage: 'before',
    });
    whatsapp.onAsk = async () => undefined;
    t.is(await book.resolve(session, ANA, whatsapp), ANA);
  });

  test(on('a check tells what is on record, and a fresh one asks anew'), async (t) => {
    const { book, session, whatsapp, clock } = await world(t, dialect);
    whatsapp.accounts[ANA] = { lid: LID };
    const first = await book.check(session, ANA, whatsapp);
    t.deepEqual(first, { exists: true, id: ANA, lid: LID, phone: '5511988887777', checkedAt: clock.now() });
    clock.advance(1_000);
    t.deepEqual(await book.check(session, ANA, whatsapp), first);
    delete whatsapp.accounts[ANA];
    const gone = { exists: false, id: null, lid: LID, phone: '5511988887777', checkedAt: clock.now() };
    t.deepEqual(await book.check(session, ANA, whatsapp, { fresh: true }), gone);
    t.deepEqual(await book.check(session, ANA, whatsapp), gone);
    whatsapp.accounts[LID] = {};
    t.like(await book.check(session, LID, whatsapp), { exists: true, id: LID, lid: LID, phone: '5511988887777' });
  });

  test(on("what one tenant was told is not another one's"), async (t) => {
    const { db, book, session, whatsapp, learn } = await world(t, dialect);
    const theirs = await insertSession(db);
    whatsapp.accounts[ANA] = {};
    await book.resolve(session, ANA, whatsapp);
    await book.resolve(theirs, ANA, whatsapp);
    t.is(whatsapp.asked.length, 2);
    await learn([person(ANA, LID)]);
    t.deepEqual(await learn([person(ANA)], theirs), [person(ANA, null, '5511988887777')]);
  });

  test(on('old answers go as new ones come'), async (t) => {
    const { db, book, session, whatsapp, clock } = await world(t, dialect);
    for (let i = 0; i < 5; i++) await book.check(session, `1415555267${i}@c.us`, whatsapp);
    clock.advance(HOUR);
    await book.check(session, ANA, whatsapp);
    t.deepEqual(await db.sql('addresses').pluck('address'), [ANA]);
  });

  test(on('a chat has the same names whichever of them is given: the forms of its number and the hidden number'), async (t) => {
    const { db, book, session, learn } = await world(t, dialect);
    const [long, short] = ['5521988887777@c.us', '552188887777@c.us'];
    const names = async (chatId: ChatId, of = session) => book.names(of.tenantId, chatId);
    t.deepEqual(await names(short), [short, long]);
    t.deepEqual(await names(LID), [LID]);
    await learn([person(short, LID)]);
    t.deepEqual(await names(long), [long, short, LID]);
    t.deepEqual(await names(short), [short, long, LID]);
    t.deepEqual(await names(LID), [LID, long, short]);
    t.deepEqual(await names(LID, await insertSession(db)), [LID], 'what another tenant has not been told');
    await learn([person('5215512345678@c.us', '222222222222222@lid'), person('5491112345678@c.us', '333333333333333@lid')]);
    t.deepEqual(await names('525512345678@c.us'), ['525512345678@c.us', '5215512345678@c.us', '222222222222222@lid']);
    t.deepEqual(await names('541112345678@c.us'), ['541112345678@c.us', '5491112345678@c.us', '333333333333333@lid']);
    for (const id of ['120363025246125486@g.us', '120363144038483540@newsletter']) t.deepEqual(await names(id), [id]);
  });

  test(on('a session knows a chat by the name last heard from, else by the answer on record, else as it is called'), async (t) => {
    const { db, book, session, whatsapp, learn, heard } = await world(t, dialect);
    const [long, short] = ['5521988887777@c.us', '552188887777@c.us'];
    const is = async (expected: ChatId, given: ChatId[], of = session) => {
      for (const chatId of given) t.is(await book.knownAs(of, chatId), expected, `${chatId} is ${expected}`);
    };
    await is(long, [long]);
    await heard(long, 'outbound');
    await is(short, [short]);
    whatsapp.accounts[short] = { lid: LID };
    await book.resolve(session, long, whatsapp);
    await is(short, [long, short, LID]);
    const elsewhere = { ...session, id: (await insertSession(db)).id };
    await heard(long);
    await is(long, [long, short, LID]);
    await is(short, [long, short, LID], elsewhere);
    await heard(LID);
    await is(LID, [long, short, LID]);
    await heard(short);
    await is(short, [long, short, LID]);
    await is('120363025246125486@g.us', ['120363025246125486@g.us']);
    await learn([person(ANA, '222222222222222@lid')]);
    await is(ANA, [ANA]);
    await is('222222222222222@lid', ['222222222222222@lid']);
    t.deepEqual(whatsapp.asked, [long, short], 'WhatsApp was asked once, for the send');
  });

  test(on('a pair that was seen once completes either half from then on'), async (t) => {
    const { book, session, learn } = await world(t, dialect);
    const both = [person(ANA, LID, '5511988887777')];
    t.deepEqual(await learn([person(ANA), person(LID)]), [person(ANA, null, '5511988887777'), person(LID, LID)]);
    t.deepEqual(await learn([person(ANA, LID)]), both);
    t.deepEqual(await learn([person(ANA)]), both);
    t.deepEqual(await learn([person(LID)]), [person(LID, LID, '5511988887777')]);
    t.deepEqual(await book.complete(session.tenantId, [person(LID), person('14155552671@c.us')]), [
      person(LID, LID, '5511988887777'),
      person('14155552671@c.us', null, '14155552671'),
    ]);
    t.deepEqual(await learn([]), []);
  });

  test(on('one party of a message completes another of the same one'), async (t) => {
    const { learn } = await world(t, dialect);
    t.deepEqual(await learn([person(LID), person(ANA, LID)]), [person(LID, LID, '5511988887777'), person(ANA, LID, '5511988887777')]);
  });

  test(on('a number that passes on to somebody else takes its old pair with it, and a new number replaces the old one'), async (t) => {
    const { learn } = await world(t, dialect);
    await learn([person(ANA, LID)]);
    await learn([person(ANA, '999999999999999@lid')]);
    t.deepEqual(await learn([person(LID)]), [person(LID, LID)]);
    t.deepEqual(await learn([person('999999999999999@lid', null, '14155552671')]), [
      person('999999999999999@lid', '999999999999999@lid', '14155552671'),
    ]);
    t.deepEqual(await learn([person(ANA)]), [person(ANA, null, '5511988887777')]);
  });

  test(on('who is known already costs one read by index and no write'), async (t) => {
    const { db, book, session } = await world(t, dialect);
    const known = [person(ANA, LID), person('14155552671@c.us', '222222222222222@lid')];
    await db.write((tx) => book.learn(tx, session, known));
    let statements: { sql: string; bindings: readonly unknown[] }[] = [];
    await db.write(async (tx) => {
      statements = [];
      const note = (query: { sql: string; bindings: readonly unknown[] }) => void statements.push(query);
      tx.sql.on('query', note);
      await book.learn(tx, session, known);
      tx.sql.removeListener('query', note);
    });
    t.is(statements.length, 1);
    const [{ sql, bindings }] = statements as [(typeof statements)[number]];
    t.regex(sql, /^select/i);
    if (dialect === 'sqlite') {
      const plan: { detail: string }[] = await db.sql.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings as never);
      t.false(
        plan.some(({ detail }) => /^SCAN identities/.test(detail)),
        JSON.stringify(plan),
      );
    }
  });

  test(on('a thousand participants are completed, more than a statement takes parameters'), async (t) => {
    const { book, session, learn } = await world(t, dialect);
    const group = Array.from({ length: 2_500 }, (_, i) => person(`${100_000_000_000_000 + i}@lid`, null, `${14_155_550_000 + i}`));
    await learn(group);
    const halves = group.map(({ id, phone }, i) => (i % 2 ? person(id) : person(`${phone}@c.us`)));
    const completed = await book.complete(session.tenantId, halves);
    t.true(completed.every(({ lid, phone }, i) => lid === group[i]?.id && phone === group[i]?.phone));
  });
}
