import { copyFile, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { checkFiles } from '../../src/flows/catalogue/files.ts';
import { FlowFolder } from '../../src/flows/catalogue/folder.ts';
import { testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { flowOf, Hall, seed } from './helpers.ts';

const WELCOME = fileURLToPath(new URL('../../flows/examples/welcome.yml', import.meta.url));
const hello = (answer: string): string => flowOf(`- say: ${answer}`, { name: 'hello', says: '[hi]' });

async function open(t: ExecutionContext) {
  const { db, dispose } = await testDatabase();
  t.teardown(dispose);
  const hall = await Hall.open(db, { random: () => 0 });
  t.teardown(() => hall.stop());
  const directory = join(await mkdtemp(join(tmpdir(), 'hookline-flows-')), 'flows');
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  await mkdir(directory);
  const session = await seed(db);
  const folder = new FlowFolder(directory, session.tenantId, hall.flows, hall.runtime);
  t.teardown(() => folder.stop());
  const write = (name: string, source: string) => writeFile(join(directory, name), source);
  const errors = () => hall.runtime.log.lines.filter(({ level }) => level === 'error' || level === 'warn').map(({ message }) => message);
  const answerTo = async (text: string) => {
    const before = (await hall.texts()).length;
    await hall.receive(session, text);
    return (await hall.texts()).slice(before);
  };
  return {
    hall,
    directory,
    folder,
    write,
    errors,
    answerTo,
    session,
    wrong: () => hall.flows.fileFaults(session.tenantId).errors,
    flowNames: async () => (await hall.flows.list(session.tenantId, { limit: 10 })).data.map(({ name }) => name),
  };
}

/** The disk and its watcher keep their own time. */
async function until(t: ExecutionContext, what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 8_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  t.pass();
}

test('files are loaded at the start and a saved change answers the next message', async (t) => {
  const { folder, write, answerTo, flowNames } = await open(t);
  await write('hello.yml', hello('one'));
  await write('hello.test.yml', 'not: a flow');
  await write('.hello.yml.swp', 'not: a flow');
  await folder.start();
  t.deepEqual(await answerTo('hi'), ['one']);
  await write('hello.yml', hello('two'));
  await until(t, 'the new text answers', async () => (await answerTo('hi'))[0] === 'two');
  await write('bye.yml', flowOf('- say: bye', { name: 'bye', says: '[bye]' }));
  await until(t, 'the new file is there', async () => (await flowNames()).includes('bye'));
});

test('an editor that renames over the file, and a file that is deleted, are noticed', async (t) => {
  const { directory, folder, write, answerTo, flowNames } = await open(t);
  await write('hello.yml', hello('one'));
  await folder.start();
  for (const answer of ['two', 'three']) {
    await write('hello.yml~', hello(answer));
    await rename(join(directory, 'hello.yml~'), join(directory, 'hello.yml'));
    await until(t, `"${answer}" answers`, async () => (await answerTo('hi'))[0] === answer);
  }
  await rm(join(directory, 'hello.yml'));
  await until(t, 'the flow is gone', async () => (await flowNames()).length === 0);
});

test('a broken save is told with file, line and column, once, and the last good flow stays', async (t) => {
  const { folder, write, answerTo, errors, wrong } = await open(t);
  await write('hello.yml', hello('one'));
  await folder.start();
  await write('hello.yml', hello('one').replace('- say:', '- sy:'));
  await until(t, 'the error is told', () => errors().length === 2);
  t.regex(errors()[0] ?? '', /^flows\/hello\.yml:6:5 .*"sy", did you mean "say"\?$/);
  t.regex(errors()[1] ?? '', /were not loaded \(1 error\)/);
  t.is(`${wrong()[0]?.path} ${wrong()[0]?.message}`, errors()[0] as string);
  t.deepEqual(await answerTo('hi'), ['one']);
  await write('hello.yml', hello('two'));
  await until(t, 'the mended text answers', async () => (await answerTo('hi'))[0] === 'two');
  t.is(errors().length, 2);
  t.deepEqual(wrong(), []);
});

test('a file whose name was put through the API is told, loaded when that flow is deleted, and holds up no other', async (t) => {
  const { hall, directory, folder, write, answerTo, errors, session } = await open(t);
  await hall.flows.put(session.tenantId, 'hello', hello('of the API'));
  await write('hello.yml', hello('of the file'));
  await write('bye.yml', flowOf('- say: bye', { name: 'bye', says: '[bye]' }));
  await folder.start();
  t.deepEqual([...(await answerTo('hi')), ...(await answerTo('bye'))], ['of the API', 'bye']);
  t.regex(
    errors().join(),
    /^flows\/hello\.yml:1:7 is not loaded: a flow "hello" was put through the API and goes before it; delete that one/,
  );
  await utimes(join(directory, 'hello.yml'), new Date(), new Date());
  await until(t, 'it is told again to whoever saves it', () => errors().length === 2);
  await hall.flows.remove(session.tenantId, 'hello');
  await until(t, 'the file answers', async () => (await answerTo('hi'))[0] === 'of the file');
  t.is(errors().length, 2);
});

test('a directory that is missing loads nothing and removes nothing', async (t) => {
  const { directory, folder, write, answerTo, errors } = await open(t);
  await write('hello.yml', hello('one'));
  await folder.start();
  await folder.stop();
  await rm(directory, { recursive: true });
  await folder.start();
  t.regex(errors()[0] ?? '', /HOOKLINE_FLOWS_DIR/);
  t.deepEqual(await answerTo('hi'), ['one']);
});

test('a directory that comes later is found', async (t) => {
  const { hall, directory } = await open(t);
  const session = await seed(hall.db);
  const clock = new FakeClock();
  const later = join(directory, 'later');
  const folder = new FlowFolder(later, session.tenantId, hall.flows, { ...hall.runtime, clock });
  t.teardown(() => folder.stop());
  await folder.start();
  t.deepEqual(
    hall.runtime.log.lines.filter(({ level }) => level !== 'info'),
    [],
    'nobody needs flows in files',
  );
  await mkdir(later);
  await writeFile(join(later, 'hello.yml'), hello('one'));
  await until(t, 'the flow is there', async () => {
    clock.advance(10_000);
    return (await hall.flows.list(session.tenantId, { limit: 10 })).data.length === 1;
  });
});

test('an example that is copied into the folder answers a newcomer in the sandbox', async (t) => {
  const { hall, directory, folder, answerTo } = await open(t);
  await copyFile(WELCOME, join(directory, 'welcome.yml'));
  t.deepEqual((await checkFiles([directory])).errors, []);
  await folder.start();
  const said = [...(await answerTo('Oi!')), ...(await answerTo('bia'))];
  t.deepEqual(said, ['Hi Ana!', 'What is your name?', 'Nice to meet you, Bia. A person will read this chat soon.']);
  t.is((await hall.texts()).length, 3);
});

test('checkFiles takes files and directories and names each by the path that was given', async (t) => {
  const { directory, write } = await open(t);
  await write('a.yml', flowOf('- end', { name: 'a' }));
  await write('b.yml', flowOf('- end', { name: 'b' }));
  const checked = await checkFiles([directory]);
  t.deepEqual(checked.files, [join(directory, 'a.yml'), join(directory, 'b.yml')]);
  t.is(checked.errors[0]?.path, `${join(directory, 'b.yml')}:4:12`);
  t.deepEqual((await checkFiles([join(directory, 'b.yml')])).errors, []);
  const missing = join(directory, 'c.yml');
  const both = await checkFiles([missing, directory]);
  t.like(both.errors[0], { path: missing });
  t.is(both.errors.length, 2);
});

test('a file that is not UTF-8 is told, and is no flow with other letters in it', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-latin-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const path = join(directory, 'lat.yml');
  await writeFile(path, Buffer.from('flow: lat\nversion: 1\nsteps:\n  - say: Olá\n', 'latin1'));
  const { errors } = await checkFiles([path]);
  t.is(errors.length, 1);
  t.like(errors[0], { path, message: `cannot be read: ${path} is not UTF-8; save it in UTF-8` });
});
