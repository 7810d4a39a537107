import test, { type ExecutionContext } from 'ava';
import { type Gauges, Metrics } from '../../src/ops/metrics.ts';
import { ADMIN_KEY, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { memoryLogger } from '../helpers/runtime.ts';

const CONTACT = '5521977774321';
const CANARY = 'canary-of-the-metrics';
const FLOW = `flow: ${CANARY}
version: 1
start:
  - says: [${CANARY}]
steps:
  - say: Yes?
  - end
`;

/** Series and their values. */
type Sample = Map<string, number>;

async function scrape(hub: Pick<Hub, 'admin'>): Promise<Sample> {
  const { text } = await hub.admin('GET', '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

async function startedHub(t: ExecutionContext): Promise<Hub> {
  const hub = await startHub();
  t.teardown(() => hub.dispose());
  return hub;
}

test("the operator's key reads the metrics, and one that was made for it, which reads nothing else", async (t) => {
  const hub = await startedHub(t);
  const { call } = await hub.tenant();
  t.is((await fetch(`${hub.base}/metrics`)).status, 401);
  t.is((await hub.as('hlk_nobodys')('GET', '/metrics')).status, 401);
  t.is((await call('GET', '/metrics')).status, 403, 'the first key of a tenant');
  const { json: tenant } = await hub.admin('POST', '/api/tenants', { name: 'watched' });
  const { json: key } = await hub.admin('POST', `/api/tenants/${tenant.id}/keys`, { name: 'prometheus', scopes: ['metrics:read'] });
  const watcher = hub.as(key.key);
  t.regex((await watcher('GET', '/metrics')).text, /^hookline_database_up 1$/m);
  t.is((await watcher('GET', '/health/engines')).status, 200);
  for (const path of ['/api/sessions', '/api/events', '/api/limits', '/api/tenants', '/api/audit'])
    t.is((await watcher('GET', path)).status, 403, path);
  const answer = await hub.as(ADMIN_KEY)('GET', '/metrics');
  t.is(answer.status, 200);
  t.is(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.regex(answer.text, /^hookline_build_info\{version="[\d.]+",node="v\d+[\d.]+",database="(sqlite|postgres)"\} 1$/m);
  t.regex(answer.text, /^hookline_database_up 1$/m);
  t.regex(answer.text, /^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
  t.regex(answer.text, /^process_resident_memory_bytes \d+$/m);
});

test('what happens is counted, and nothing that a tenant or a contact has given stands in a label', async (t) => {
  const hub = await startedHub(t);
  let failing = true;
  const receiver = await startReceiver(() => (failing ? 500 : 204));
  t.teardown(() => receiver.close());
  const tenant = await hub.tenant(CANARY);
  const { call } = tenant;
  const { json: webhook } = await call('POST', '/api/webhooks', {
    url: `${receiver.url}/${CANARY}`,
    events: ['message.received'],
    ordering: 'relaxed',
  });
  await call('PUT', `/api/flows/${CANARY}`, FLOW, { 'content-type': 'application/yaml' });
  const session = await linkedSandbox(call, CANARY, CONTACT);

  const receive = (text: string) => call('POST', `/api/sessions/${CANARY}/sandbox/receive`, { from: CONTACT, text });
  t.is((await receive(CANARY)).status, 200);
  const failed = await until(() => scrape(hub).then((seen) => seen.get('hookline_webhook_attempts_total{result="http"}') && seen), {
    what: 'a failed attempt',
  });
  t.is(failed.get('hookline_webhook_deliveries{status="pending"}'), 1);
  t.true((failed.get('hookline_webhook_oldest_pending_seconds') ?? 0) > 0);
  failing = false;
  await receive('nothing that starts a flow');
  const sent = 'hookline_messages_total{direction="outbound",status="sent"}';
  await until(() => scrape(hub).then((seen) => seen.get(sent)), { what: 'the answer of the flow' });
  await until(() => scrape(hub).then((seen) => seen.get('hookline_webhook_deliveries_total{outcome="delivered"}')), { what: 'a delivery' });

  await call('POST', `/api/sessions/${CANARY}/disconnect`);
  await until(async () => (await call('GET', `/api/sessions/${CANARY}`)).json.status === 'stopped', { what: 'the stop' });
  const { json: queued } = await call('POST', `/api/sessions/${CANARY}/messages`, { to: CONTACT, type: 'text', text: CANARY });
  t.is((await call('GET', `/${CANARY}`)).status, 404);
  t.is((await call('GET', `/api/messages/${CANARY}`)).status, 404);

  const now = await scrape(hub);
  const value = (series: string): number => now.get(`hookline_${series}`) ?? 0;
  t.is(value('sessions{engine="sandbox",status="stopped"}'), 1);
  t.is(value('session_connect_attempts_total{engine="sandbox"}'), 1);
  t.is(value('session_connects_total{engine="sandbox"}'), 1);
  t.is(value('session_connect_seconds_count{engine="sandbox"}'), 1);
  t.true(value('session_uptime_seconds{engine="sandbox"}') > 0);
  t.true(Date.now() / 1_000 - value('session_last_inbound_timestamp_seconds{engine="sandbox"}') < 60);
  t.is(value('messages_total{direction="inbound",status="received"}'), 2);
  t.is(value('messages_total{direction="outbound",status="sent"}'), 1);
  t.is(value('flow_turns_total{status="ended"}'), 1);
  t.is(value('send_queue_messages'), 1);
  t.is(
    value('webhook_attempt_seconds_count'),
    value('webhook_attempts_total{result="http"}') + value('webhook_attempts_total{result="success"}'),
  );
  t.is(value('http_requests_total{method="POST",route="/api/sessions/:id/sandbox/receive",status="200"}'), 2);
  t.is(value('http_requests_total{method="GET",route="/api/messages/:id",status="404"}'), 1);
  t.is(value('http_requests_total{method="any",route="none",status="404"}'), 1);
  t.true(value('events_total{type="session.status"}') > 2);

  const { text } = await hub.admin('GET', '/metrics');
  for (const given of [CANARY, CONTACT, tenant.id, tenant.key, ADMIN_KEY, session, webhook.id, webhook.secret, queued.id, receiver.url]) {
    t.is(
      text.split('\n').find((line) => line.includes(given)),
      undefined,
    );
  }
});

test('a start that nobody asked for is counted by its cause', async (t) => {
  const hub = await startedHub(t);
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/disconnect', { reason: 'network' });
  const series = 'hookline_session_restarts_total{engine="sandbox",cause="network"}';
  t.is(await until(() => scrape(hub).then((seen) => seen.get(series)), { what: 'the restart' }), 1);
});

test('without a database what the process has counted is still told, and nothing else', async (t) => {
  const log = memoryLogger();
  const metrics = new Metrics({
    version: '1.2.3',
    database: { dialect: 'sqlite', up: true, reruns: () => 0, writeTime: () => ({ turn: 0, held: 0 }) },
    now: Date.now,
    log,
  });
  metrics.ofFlows.turn('ended');
  const gauges: Gauges = {
    ...{ sessions: [], queuedSends: 7, deliveries: { pending: 1, dead: 0, oldestPendingAt: null }, lanes: [] },
    ...{ followers: [{ follower: 'flows', events: 3, seconds: 40 }], quarantine: [] },
  };
  const { text: told } = await metrics.tell(async () => gauges);
  t.regex(told, /^hookline_send_queue_messages 7$/m);
  t.regex(told, /^hookline_ledger_follower_behind_events\{follower="flows"\} 3$/m);
  t.regex(told, /^hookline_ledger_follower_behind_seconds\{follower="flows"\} 40$/m);
  const { text } = await metrics.tell(() => Promise.reject(new Error('disk I/O error')));
  t.regex(text, /^hookline_database_up 0$/m);
  t.regex(text, /^hookline_flow_turns_total\{status="ended"\} 1$/m);
  t.notRegex(text, /^hookline_(send_queue_messages|webhook_deliveries|webhook_oldest_pending_seconds)\b/m);
  t.regex(log.lines[0]?.message ?? '', /did not say/);
});
