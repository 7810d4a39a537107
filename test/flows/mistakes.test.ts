/** What people write when they write their first flows: each file is answered in one round, with all that is wrong and no more. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parse } from 'yaml';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { parseTestFile } from '../../src/flows/simulator/test-file.ts';

interface Case {
  what: string;
  steps?: string;
  flow?: string;
  files?: Record<string, string>;
  told: string[];
}

const HEAD = 'flow: a\nversion: 1\nstart:\n  - says: [hi]\nsteps:\n';

const cases: Case[] = parse(await readFile(new URL('./mistakes.yml', import.meta.url), 'utf8'));

function sourcesOf({ steps, flow, files }: Case) {
  if (files) return Object.entries(files).map(([name, source]) => ({ path: `${name}.yml`, source }));
  return [{ path: 'a.yml', source: flow ?? HEAD + (steps ?? '').replace(/^(?=.)/gm, '  ') }];
}

for (const one of cases) {
  test(`${one.what}: all of it is told, where it is`, (t) => {
    const { faults } = checkFlows(sourcesOf(one));
    t.deepEqual(
      faults.map(({ path, message }) => `${one.files ? path : path.replace('a.yml:', '')} ${message}`),
      one.told,
    );
  });
}

test('there are more than seventy of them', (t) => t.true(cases.length > 70));

test('of a test file each key that is not known is told where it is', (t) => {
  const source = 'flow: a\nfoo: 1\ntests:\n  - name: x\n    baz: 3\n    user: hi\n    chat: [{ user: hi }]\n';
  const parsed = parseTestFile({ path: 'a.test.yml', source });
  t.deepEqual('faults' in parsed && parsed.faults.map(({ path, message }) => `${path} ${message}`).sort(), [
    'a.test.yml:2:1 unknown key "foo"',
    'a.test.yml:5:5 unknown key "baz"',
    'a.test.yml:6:5 "user" is an entry of "chat": begin it with "- " there',
  ]);
});
