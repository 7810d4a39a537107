/** The commands for whoever writes flows. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
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

async function hookline(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const run = promisify(execFile)(process.execPath, [join(ROOT, 'hookline.js'), ...args]);
  return run.then(
    ({ stdout, stderr }) => ({ code: 0, out: stdout, err: stderr }),
    ({ code, stdout, stderr }) => ({ code, out: stdout, err: stderr }),
  );
}

test('flow test names what was expected and what came, at its line, and what nobody tried', async (t) => {
  const flows = await directory(t, { 'day.yml': FLOW, 'day.test.yml': TEST });
  const failed = await hookline('flow', 'test', flows, '--missed');
  t.is(failed.code, 1);
  t.true(failed.out.includes(`${join(flows, 'day.test.yml')}:8:9 expected "Booked!", and the flow said "Booked."`), failed.out);
  t.regex(failed.out, /day +steps 3\/4 +branches 1\/2/);
  t.true(failed.out.includes(`${join(flows, 'day.yml')}:11:12 no test comes to this step`), failed.out);
  await writeFile(join(flows, 'day.test.yml'), TEST.replace('Booked!', 'Booked.'));
  const held = await hookline('flow', 'test', join(flows, 'day.yml'));
  t.deepEqual([held.code, held.err], [0, '']);
  t.regex(held.out, /1 conversation held/);
  await writeFile(join(flows, 'day.test.yml'), TEST.replace('- user: book', '- usr: book'));
  const broken = await hookline('flow', 'test', flows);
  t.is(broken.code, 1);
  t.regex(broken.err, /day\.test\.yml:5:9 unknown key "usr", did you mean "user"\?|day\.test\.yml:5:9 .*"usr".*"user"/);
});

test('flow graph draws, and flow run talks', async (t) => {
  const flows = await directory(t, { 'day.yml': FLOW });
  const { out } = await hookline('flow', 'graph', 'day', flows);
  t.regex(out, /^flowchart TD\n {2}start\(\["says: book"\]\) --> s0\n/);
  t.true(out.includes('-->|"then"|') && out.includes('-->|"else"|'), out);
  t.is((await hookline('flow', 'graph', 'dya', flows)).code, 1);

  const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'flow', 'run', flows]);
  child.stdin.end('book\nno\n/state\n/quit\n');
  let said = '';
  for await (const chunk of child.stdout) said += chunk;
  t.regex(said, /Which day\?.*Not booked\..*\(day ended\).*"flow": null/s);
});
