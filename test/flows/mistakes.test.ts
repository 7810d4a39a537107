/** What people write when they write their first flows: each file is answered in one round, with all that is wrong and no more. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parse } from 'yaml';
import { checkFlows } from '../../src/flows/program/lint.ts';

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
