import type { ExecutionContext, TestFn } from 'ava';
import type { Directory } from '../../../src/core/directory.ts';
import { ACCOUNT, CHAT, type EngineUnderTest, type Line, somebody, until } from './line.ts';

const OTHER = '5511966665555@c.us';
const OWN = `${ACCOUNT.phone}@c.us`;
const NONE = '120363000000000000@g.us';

/** Every call, as one that the engine has no way to do is made. */
const CALLS: { [Call in keyof Directory]: (directory: Directory) => Promise<unknown> } = {
  contacts: (directory) => directory.contacts(),
  chats: (directory) => directory.chats(),
  groups: (directory) => directory.groups(),
  group: (directory) => directory.group(NONE),
  createGroup: (directory) => directory.createGroup('Team', [CHAT]),
  changeMembers: (directory) => directory.changeMembers(NONE, 'add', [CHAT]),
  setSubject: (directory) => directory.setSubject(NONE, 'x'),
  setDescription: (directory) => directory.setDescription(NONE, 'x'),
  inviteLink: (directory) => directory.inviteLink(NONE, false),
  leaveGroup: (directory) => directory.leaveGroup(NONE),
  presence: (directory) => directory.presence(CHAT),
  setPresence: (directory) => directory.setPresence(true),
  block: (directory) => directory.block(CHAT, true),
  labels: (directory) => directory.labels(),
  setLabels: (directory) => directory.setLabels(CHAT, []),
};
export const directoryCalls = Object.keys(CALLS).map((call) => `directory.${call}`);

const GROUP_CALLS = ['group', 'changeMembers', 'setSubject', 'setDescription', 'inviteLink', 'leaveGroup'] as const;

/** Each with the calls that it needs. */
const BEHAVIOURS: [string, (keyof Directory)[], (t: ExecutionContext, line: Line, person: string, chat: string) => Promise<void>][] = [
  [
    'whoever wrote is a contact and has a chat with what is unread, until it is seen',
    ['contacts', 'chats'],
    async (t, { phone, engine, host }, person, chat) => {
      await phone.receive({ from: person, name: 'Ana', text: 'one' });
      await phone.receive({ from: person, text: 'two' });
      await until('both arrived', () => host.messages.filter(({ from }) => from.id === chat).length === 2);
      const contact = (await engine.directory.contacts()).find(({ id }) => id === chat);
      t.like(contact, { phone: person, name: 'Ana', blocked: false });
      const unread = async () => (await engine.directory.chats()).find(({ id }) => id === chat)?.unread;
      t.is(await unread(), 2);
      await engine.seen(chat);
      await until('it is seen', async () => (await unread()) === 0);
      await engine.unseen(chat);
      await until('it is marked as unread', async () => (await unread()) !== 0);
    },
  ],
  [
    'a group is made, its members come, rise and go',
    ['createGroup', 'changeMembers', 'group'],
    async (t, { engine: { directory } }, _, chat) => {
      const { group, results } = await directory.createGroup('Team', [chat]);
      t.deepEqual(results, [{ id: chat, ok: true }]);
      const members = async () => {
        const { participants } = await directory.group(group.id);
        return new Map(participants.map(({ id, admin }) => [id, admin]));
      };
      t.true((await members()).get(OWN));
      t.is((await members()).get(chat), false);
      t.deepEqual(await directory.changeMembers(group.id, 'add', [OTHER]), [{ id: OTHER, ok: true }]);
      await directory.changeMembers(group.id, 'promote', [OTHER]);
      t.true((await members()).get(OTHER));
      await directory.changeMembers(group.id, 'demote', [OTHER]);
      t.is((await members()).get(OTHER), false);
      await directory.changeMembers(group.id, 'remove', [OTHER]);
      t.false((await members()).has(OTHER));
    },
  ],
  [
    'a group is renamed and described, and left',
    ['createGroup', 'setSubject', 'setDescription', 'group', 'groups', 'leaveGroup'],
    async (t, { engine: { directory } }, _, chat) => {
      const { id } = (await directory.createGroup('Team', [chat])).group;
      await directory.setSubject(id, 'Crew');
      await directory.setDescription(id, 'who sails');
      t.like(await directory.group(id), { subject: 'Crew', description: 'who sails' });
      t.true((await directory.groups()).some((group) => group.id === id));
      await t.notThrowsAsync(directory.leaveGroup(id));
    },
  ],
  [
    'the invite link of a group stays until it is renewed',
    ['createGroup', 'inviteLink'],
    async (t, { engine: { directory } }, _, chat) => {
      const { id } = (await directory.createGroup('Team', [chat])).group;
      const link = await directory.inviteLink(id, false);
      t.regex(link, /^https:\/\/chat\.whatsapp\.com\/\S+$/);
      t.is(await directory.inviteLink(id, false), link);
      t.not(await directory.inviteLink(id, true), link);
    },
  ],
  [
    'a contact is blocked and let in again',
    ['contacts', 'block'],
    async (t, line, person, chat) => {
      await line.got({ from: person, text: 'hello' });
      const blocked = async () => (await line.engine.directory.contacts()).find(({ id }) => id === chat)?.blocked;
      await line.engine.directory.block(chat, true);
      t.true(await blocked());
      await line.engine.directory.block(chat, false);
      t.false(await blocked());
    },
  ],
  [
    'presence is said and asked for',
    ['presence', 'setPresence'],
    async (t, { engine: { directory } }, _, chat) => {
      await directory.setPresence(true);
      t.regex((await directory.presence(chat)).state, /^(un)?available$/);
      await directory.setPresence(false);
    },
  ],
  [
    'a chat has the labels that it was given',
    ['chats', 'labels', 'setLabels'],
    async (t, line, person, chat) => {
      await line.got({ from: person, text: 'hello' });
      const { directory } = line.engine;
      const label = (await directory.labels())[0]?.id ?? '';
      const labels = async () => (await directory.chats()).find(({ id }) => id === chat)?.labels;
      await directory.setLabels(chat, [label]);
      t.deepEqual(await labels(), [label]);
      await directory.setLabels(chat, []);
      t.deepEqual(await labels(), []);
      await t.throwsAsync(directory.setLabels(chat, ['no such label']), { code: 'not-found' });
    },
  ],
];

export function directoryTests(test: TestFn, subject: EngineUnderTest, open: () => Promise<Line>): void {
  const say = (behaviour: string) => `${subject.name}: ${behaviour}`;
  const cannot = (call: keyof Directory) => subject.cannot.includes(`directory.${call}`);

  for (const [behaviour, needs, run] of BEHAVIOURS.filter(([, needs]) => !needs.some(cannot))) {
    test(say(`${behaviour} (${needs.join(', ')})`), async (t) => {
      const person = somebody();
      await run(t, await open(), person, `${person}@c.us`);
    });
  }

  test(say('a call of the directory says what is not there and what this engine cannot do'), async (t) => {
    const { directory, name: engine } = (await open()).engine;
    for (const call of GROUP_CALLS.filter((call) => !cannot(call))) {
      await t.throwsAsync(CALLS[call](directory), { code: 'not-found' }, call);
    }
    for (const call of (Object.keys(CALLS) as (keyof Directory)[]).filter(cannot)) {
      const error = await t.throwsAsync(CALLS[call](directory), { code: 'not-supported-by-engine' }, call);
      t.like(error, { extra: { engine } });
    }
    t.pass();
  });
}
