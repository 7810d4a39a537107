import test, { type ExecutionContext } from 'ava';
import type { HooklineError } from '../../src/core/errors.ts';
import { FlowSecrets } from '../../src/flows/catalogue/secrets.ts';
import { Flows } from '../../src/flows/flows.ts';
import { jsonSchema } from '../../src/flows/language/schema.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { flowOf, seed, seedTenant, testLibrary } from './helpers.ts';

const HELLO = flowOf('- say: hello', { name: 'hello', says: '[hi]' });

const PORTS = {
  ledger: { append: async () => [] },
  lanes: { schedule: async () => undefined },
  addresses: { names: async (_: unknown, chat: string) => [chat] },
  sessions: { ref: () => Promise.reject(new Error('no session here')) },
};

for (const dialect of await stores()) {
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock();
    const secrets = new FlowSecrets(db, Buffer.alloc(32, 7), { clock });
    return {
      db,
      clock,
      secrets,
      flows: new Flows(db, { ...PORTS, library: testLibrary() }, { clock }),
      tenantId: await seedTenant(db),
    };
  };

  test(`${dialect}: a flow is put, read, listed and removed`, async (t) => {
    const { flows, clock, tenantId } = await open(t);
    const put = await flows.put(tenantId, 'hello', HELLO);
    t.like(put, { name: 'hello', revision: 1, origin: 'api', status: 'active', says: ['hi'], source: HELLO });
    clock.advance(1_000);
    t.deepEqual(await flows.put(tenantId, 'hello', HELLO), put, 'the same text is the same revision');
    const changed = await flows.put(tenantId, 'hello', `${HELLO}# later\n`);
    t.like(changed, { revision: 2, createdAt: put.createdAt });
    t.not(changed.updatedAt, put.updatedAt);
    t.deepEqual({ ...(await flows.get(tenantId, 'hello')), warnings: [] }, changed);
    await flows.remove(tenantId, 'hello');
    await t.throwsAsync(flows.get(tenantId, 'hello'), { code: 'not-found' });
    await t.throwsAsync(flows.remove(tenantId, 'hello'), { code: 'not-found' });
    t.is((await flows.put(tenantId, 'hello', HELLO)).revision, 3, 'a number is never given twice');
  });

  test(`${dialect}: a flow with errors is not stored, and each error is named`, async (t) => {
    const { flows, tenantId } = await open(t);
    await flows.put(tenantId, 'hello', HELLO);
    const bad = HELLO.replace('- say: hello', '- sai: hello').replace('version: 1', 'version: 3');
    const error = await t.throwsAsync<HooklineError>(flows.put(tenantId, 'hello', bad), { code: 'flow-invalid' });
    t.deepEqual(
      error.errors?.map(({ path }) => path),
      ['flows/hello.yml:2:10', 'flows/hello.yml:6:5'],
    );
    t.is((await flows.get(tenantId, 'hello')).source, HELLO);
    const misnamed = await t.throwsAsync<HooklineError>(flows.put(tenantId, 'other', flowOf('- end', { says: '[x]' })), {
      code: 'flow-invalid',
    });
    t.deepEqual(misnamed.errors, [{ path: 'flows/other.yml:1:7', message: 'must be "other", the name it is put under' }]);
    const claimed = await t.throwsAsync<HooklineError>(flows.put(tenantId, 'test', flowOf('- end')), { code: 'flow-invalid' });
    t.regex(claimed.errors?.[0]?.message ?? '', /already starts the flow "hello" \(flows\/hello\.yml:4:12\)/);
    t.deepEqual((await flows.check(tenantId, HELLO)).faults, [], 'a flow does not claim against its own older text');
    t.is((await flows.check(tenantId, flowOf('- end'))).faults.length, 1);
    t.is((await flows.list(tenantId, { limit: 10 })).data.length, 1);
  });

  test(`${dialect}: a secret and a session that are not there are told when it is checked and published, and keep it from nothing`, async (t) => {
    const { db, flows, secrets, tenantId } = await open(t);
    await seed(db, { tenantId, name: 'shop' });
    const request = '- http: GET https://x.example/\n  headers: { Authorization: "Bearer {{ secrets.key }}" }';
    const source = (session: string) =>
      flowOf(request, { name: 'a' }).replace('steps:', `  - schedule: { at: "18:00", session: ${session}, tagged: t }\nsteps:`);
    const told = ({ warnings }: { warnings: { path: string; message: string }[] }) =>
      warnings.map(({ path, message }) => `${path} ${message.split(':')[0]}`);
    t.deepEqual(told(await flows.check(tenantId, source('shpo'))), [
      'flow.yml:5:39 there is no session "shpo" here',
      'flow.yml:7:5 there is no secret "key" yet',
    ]);
    await secrets.set(tenantId, 'key', 'x');
    t.deepEqual(told(await flows.put(tenantId, 'a', source('shpo'))), ['flows/a.yml:5:39 there is no session "shpo" here']);
    t.deepEqual(told(await flows.put(tenantId, 'a', source('shop'))), []);
  });

  test(`${dialect}: lists come in pages`, async (t) => {
    const { flows, secrets, tenantId } = await open(t);
    for (const name of ['c', 'a', 'b']) await flows.put(tenantId, name, flowOf('- end', { name, says: `[${name}]` }));
    const first = await flows.list(tenantId, { limit: 2 });
    t.deepEqual([first.data.map(({ name }) => name), first.nextCursor], [['a', 'b'], 'b']);
    const second = await flows.list(tenantId, { limit: 2, cursor: 'b' });
    t.deepEqual([second.data.map(({ name }) => name), second.nextCursor], [['c'], null]);
    for (const name of ['b', 'a', 'c']) await secrets.set(tenantId, name, 'x');
    t.deepEqual(
      (await secrets.names(tenantId, { after: 'a', limit: 1 })).map(({ name }) => name),
      ['b'],
    );
  });

  test(`${dialect}: flows from files are published all or none, and leave with their file`, async (t) => {
    const { flows, tenantId } = await open(t);
    const a = { path: 'flows/1.yml', source: flowOf('- end', { name: 'a', says: '[a]' }) };
    const b = { path: 'flows/2.yml', source: flowOf('- end', { name: 'b', says: '[b]' }) };
    t.deepEqual(await flows.publishFiles(tenantId, [a, b]), { published: ['a', 'b'], removed: [], taken: [], warnings: [] });
    t.deepEqual(await flows.publishFiles(tenantId, [a, b]), { published: [], removed: [], taken: [], warnings: [] });
    const broken = { ...b, source: b.source.replace('end', 'ende') };
    await t.throwsAsync(flows.publishFiles(tenantId, [{ ...a, source: `${a.source}# new\n` }, broken]), { code: 'flow-invalid' });
    t.is((await flows.get(tenantId, 'a')).revision, 1, 'the good one was not published beside the bad one');
    t.deepEqual(await flows.publishFiles(tenantId, [b]), { published: [], removed: ['a'], taken: [], warnings: [] });
  });

  test(`${dialect}: files and API do not write over each other`, async (t) => {
    const { flows, tenantId } = await open(t);
    await flows.put(tenantId, 'hello', HELLO);
    const file = { path: 'flows/hello.yml', source: HELLO };
    const other = { path: 'flows/other.yml', source: flowOf('- call: hello', { name: 'other', says: '[other]' }) };
    const { published, taken } = await flows.publishFiles(tenantId, [file, other]);
    t.deepEqual([published, taken.map(({ path }) => path)], [['other'], ['flows/hello.yml:1:7']]);
    t.is((await flows.get(tenantId, 'hello')).origin, 'api');
    await flows.remove(tenantId, 'hello');
    await flows.publishFiles(tenantId, [file]);
    await t.throwsAsync(flows.put(tenantId, 'hello', HELLO), { code: 'flow-from-file', message: /flows\/hello\.yml/ });
    await t.throwsAsync(flows.remove(tenantId, 'hello'), { code: 'flow-from-file' });
  });
}

test('the schema makes a JSON Schema for editors', (t) => {
  const schema = jsonSchema() as { required: string[]; else: { required: string[] }; additionalProperties: boolean };
  t.deepEqual([...schema.required, ...schema.else.required], ['flow', 'version', 'flow', 'version', 'start', 'steps']);
  t.is(schema.additionalProperties, false);
});
