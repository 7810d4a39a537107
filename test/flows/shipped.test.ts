/** The flows that are shipped: no errors, all their conversations hold, and nothing of them is left untried. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { flowReference } from '../../docs/flow-reference.ts';
import { FLOWS_PAGE } from '../../docs/generate.ts';
import { readFlowFiles, readFlows, readTestBeside, readTests } from '../../src/flows/catalogue/files.ts';
import { formatYaml } from '../../src/flows/language/format.ts';
import { jsonSchema } from '../../src/flows/language/schema.ts';
import { testSchema } from '../../src/flows/simulator/test-file.ts';
import { runTests } from '../../src/flows/simulator/test-runner.ts';

const FLOWS = fileURLToPath(new URL('../../flows', import.meta.url));

const EXAMPLES = `${FLOWS}/examples`;

test('the conversations of the examples hold, and go through every step and branch', async (t) => {
  const run = runTests(await readFlows([EXAMPLES]), await readTests([EXAMPLES]));
  t.deepEqual(run.faults, []);
  t.deepEqual(
    run.results.flatMap(({ failures }) => failures),
    [],
  );
  t.true(run.results.length > 0);
  t.deepEqual(
    run.coverage.flatMap(({ missed }) => missed),
    [],
  );
});

test('the examples are written as texts are formatted, but for the room before their comments', async (t) => {
  for (const one of [...(await readFlows([EXAMPLES])), ...(await readTests([EXAMPLES]))]) {
    t.deepEqual(formatYaml(one), { text: one.source.replace(/(?<=\S) {2,}#/g, ' #') }, one.path);
  }
});

test('the tests of a flow are found beside it, under the name that its directory has', async (t) => {
  t.like(await readTestBeside(EXAMPLES, 'flows/booking.yml'), { path: 'flows/booking.test.yml' });
  t.is(await readTestBeside(EXAMPLES, 'flows/none.yml'), null);
});

test('no flow is loaded that nobody put there', async (t) => {
  t.deepEqual(await readFlowFiles(FLOWS), []);
});

test('the reference and flow.schema.json are what the language is ("node docs/generate.ts" writes them)', async (t) => {
  t.is(await readFile(FLOWS_PAGE, 'utf8'), flowReference());
  t.deepEqual(JSON.parse(await readFile(`${FLOWS}/flow.schema.json`, 'utf8')), JSON.parse(JSON.stringify(jsonSchema())));
  t.deepEqual(JSON.parse(await readFile(`${FLOWS}/flow-test.schema.json`, 'utf8')), JSON.parse(JSON.stringify(testSchema())));
});
