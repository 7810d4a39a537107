/** The commands for whoever writes flows. */
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { runHere } from '../helpers/command.ts';
import { ROOT } from '../helpers/hub.ts';

const FLOW = `flow: day
version: 1
start:
  - says: [book]
steps:
  - ask: Which day?
    expect: yes_no
    save: sure
  - if: sure
    then: [{ say: Booked. }]
    else: [{ say: Not booked. }]
`;
const TEST = `flow: day
tests:
  - name: yes
    chat:
      - user: book
      - bot: Which day?
      - user: sure
      - bot: Booked!
`;

async function directory(t: ExecutionContext, files: Record<string, string>): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'hookline-cli-flows-'));
  t.teardown(() => rm(made, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(made, name), text);
  return made;
}

/** Without a process of its own; each kind of command is also run in one. */
async function hookline(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await runHere(args);
  return { code, out: stdout, err: stderr };
}

async function hooklineIn(cwd: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'hookline.js'), ...args], {
    cwd,
    env: { ...process.env, HOOKLINE_FLOWS_DIR: undefined },
  });
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  );
}

test('flow format writes flows and their tests anew, or says which would change, and none where one is no YAML', async (t) => {
  const untidy = FLOW.replace('[book]', '[ book ]   # a word');
  const flows = await directory(t, { 'day.yml': untidy, 'day.test.yml': TEST });
  const checked = await hookline('flow', 'format', flows, '--check');
  t.deepEqual([checked.code, checked.out], [1, `${join(flows, 'day.yml')} not formatted\n`]);
  t.is(await readFile(join(flows, 'day.yml'), 'utf8'), untidy);
  await writeFile(join(flows, 'other.yml'), 'steps: [');
  const refused = await hooklineIn(ROOT, 'flow', 'format', flows);
  t.is(refused.code, 1);
  t.regex(refused.err, /other\.yml:1:/);
  t.is(await readFile(join(flows, 'day.yml'), 'utf8'), untidy);
  t.is((await hookline('flow', 'format', join(flows, 'day.yml'))).code, 0);
  t.is(await readFile(join(flows, 'day.yml'), 'utf8'), FLOW.replace('[book]', '[book] # a word'));
});

test('flow test names what was expected and what came, at its line, and what nobody tried', async (t) => {
  const flows = await directory(t, { 'day.yml': FLOW, 'day.test.yml': TEST });
  const failed = await hooklineIn(ROOT, 'flow', 'test', flows, '--missed');
  t.is(failed.code, 1);
  t.true(failed.out.includes(`${join(flows, 'day.test.yml')}:8:9 expected "Booked!", and the flow said "Booked."`), failed.out);
  t.regex(failed.out, /day +steps 3\/4 +branches 1\/2/);
  t.true(failed.out.includes(`${join(flows, 'day.yml')}:11:12 no test comes to this step`), failed.out);
  await writeFile(join(flows, 'day.test.yml'), TEST.replace('Booked!', 'Booked.'));
  const held = await hooklineIn(ROOT, 'flow', 'test', join(flows, 'day.yml'));
  t.deepEqual([held.code, held.err], [0, '']);
  t.regex(held.out, /1 conversation held/);
  await writeFile(join(flows, 'day.test.yml'), TEST.replace('tests:', 'now: 2026-02-30\ntests:'));
  t.is((await hookline('flow', 'test', flows)).err.split('\n')[0], `${join(flows, 'day.test.yml')}:2:6 there is no such day or time`);
  await writeFile(join(flows, 'day.test.yml'), TEST.replace('- user: book', '- usr: book'));
  const broken = await hookline('flow', 'test', flows);
  t.is(broken.code, 1);
  t.regex(broken.err, /day\.test\.yml:5:9 unknown key "usr", did you mean "user"\?|day\.test\.yml:5:9 .*"usr".*"user"/);
});

test('flow check takes all files of a folder, and says what it looked at as the log of the hub does', async (t) => {
  const made = await directory(t, {});
  const flows = join(made, 'flows');
  await mkdir(flows);
  for (const [name, text] of [
    ['day.yml', FLOW],
    ['day.test.yml', TEST],
  ] as const)
    await writeFile(join(flows, name), text);
  const all = await hooklineIn(ROOT, 'flow', 'check', join(flows, 'day.test.yml'), join(flows, 'day.yml'));
  t.deepEqual([all.code, all.out, all.err], [0, '1 flow file, no errors\n', ''], 'as the shell hands *.yml over');
  await writeFile(join(flows, 'day.yml'), FLOW.replace('expect: yes_no', 'expect: yes'));
  const own = await hooklineIn(made, 'flow', 'check');
  t.is(own.code, 1);
  t.regex(own.err, /^flows\/day\.yml:7:13 must be /, 'the configured folder');
});

test('a folder without flows is told by every command that needs some', async (t) => {
  const empty = await directory(t, { 'day.test.yml': TEST });
  for (const command of [['check'], ['test'], ['run'], ['graph', 'day']]) {
    const { code, err } = await hookline('flow', ...command, empty);
    t.deepEqual([code, err], [1, `There are no flows in ${empty}: a flow is a file whose name ends in .yml.\n`], command[0]);
  }
});

test('the tests of a flow stand beside it whatever the ending of both', async (t) => {
  const flows = await directory(t, { 'day.yaml': FLOW, 'day.test.yaml': TEST.replace('Booked!', 'Booked.') });
  const [flow, own] = [join(flows, 'day.yaml'), join(flows, 'day.test.yaml')];
  for (const named of [[flow], [own], [flow, own]])
    t.regex((await hookline('flow', 'test', ...named)).out, /1 conversation held/, named.join(' '));
});

test('flow graph draws, and flow run talks', async (t) => {
  const flows = await directory(t, { 'day.yml': FLOW });
  const { out } = await hooklineIn(ROOT, 'flow', 'graph', 'day', flows);
  t.regex(out, /^flowchart TD\n%% The dashboard draws it beside its text \(Flows, day\).*\n {2}start\(\["says: book"\]\) --> s0\n/);
  t.true(out.includes('-->|"then"|') && out.includes('-->|"else"|'), out);
  t.is((await hookline('flow', 'graph', 'dya', flows)).code, 1);
  t.regex((await hookline('flow', 'graph', 'booking')).out, /^flowchart TD.*\{"if closed: clinic"\}/s, 'one of the examples');

  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'flow', 'run', flows]);
  child.stdin.end('/start\nbook\nno\n/state\n/quit\n');
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  t.regex(said, /^You are the contact.*You are the contact.*Which day\?.*Not booked\..*\(day ended\).*"flow": null/s);
});
