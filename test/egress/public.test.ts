/** The one place for nock: receivers on the public internet, which a test cannot reach. */
import test from 'ava';
import nock from 'nock';
import type { TenantId } from '../../src/core/ids.ts';
import { createEgress } from '../../src/egress/client.ts';

test.before(() => nock.disableNetConnect());
test.after.always(() => nock.restore());

const TENANT = 'tnt_a' as TenantId;
const somewherePublic = async () => [{ address: '93.184.216.34', family: 4 }];

test('a public receiver gets the request as it was made, and its answer comes back', async (t) => {
  const egress = createEgress({ resolve: somewherePublic });
  const receiver = nock('https://hooks.example.com', { reqheaders: { 'webhook-id': 'evt_1', 'content-type': 'application/json' } })
    .post('/in', { hello: 'world' })
    .reply(202, 'thanks', { 'x-request-id': '7' });
  await egress.check(TENANT, 'https://hooks.example.com/in');
  const answer = await egress.request({
    tenantId: TENANT,
    method: 'POST',
    url: 'https://hooks.example.com/in',
    headers: {},
    own: { 'webhook-id': 'evt_1', 'content-type': 'application/json' },
    body: '{"hello":"world"}',
    deadline: 5_000,
  });
  t.like(answer, { status: 202, cut: false });
  t.true('body' in answer && answer.body.toString() === 'thanks');
  t.true(receiver.isDone());
});

test('a redirect of a public receiver is an answer, and where it points is not visited', async (t) => {
  const egress = createEgress({ resolve: somewherePublic });
  nock('https://hooks.example.com').post('/in').reply(302, '', { location: 'https://elsewhere.example.com/' });
  const elsewhere = nock('https://elsewhere.example.com').get('/').reply(200).post('/').reply(200);
  const answer = await egress.request({
    tenantId: TENANT,
    method: 'POST',
    url: 'https://hooks.example.com/in',
    headers: {},
    body: '{}',
    deadline: 5_000,
  });
  t.like(answer, { status: 302 });
  t.false(elsewhere.isDone());
  t.is(elsewhere.pendingMocks().length, 2);
});
