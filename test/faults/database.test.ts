/**
 * The database goes away under a hub that works: it stays up, says so, and goes on by itself. What the client was told and
 * what the phone saw are compared afterwards. `npm test` stops Postgres once; `npm run faults database` does it every way.
 */
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { type Call, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { findPostgresPrograms, type PostgresServer, startPostgres } from '../helpers/postgres-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';
import { walk } from '../http/tenant-world.ts';

const isFull = process.env.HOOKLINE_TEST_FAULTS === 'full';
const programs = findPostgresPrograms();
const onOwnPostgres = programs ? test.serial : test.serial.skip;
const SHOP = '/api/sessions/shop';
/** As promised (ms): the first answer that says no, and the first that says yes after the return of the database. */
const [REFUSED_WITHIN, BACK_WITHIN] = [5_000, 15_000];
/** What a busy machine may add (ms). */
const SLACK = 5_000;

interface Stage {
  server: PostgresServer;
  proxy: TcpProxy;
}

interface Fault {
  name: string;
  /** Milliseconds that the database is away. */
  lasts: number;
  begin(stage: Stage): Promise<void> | void;
  end(stage: Stage): Promise<void> | void;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const terminate = async ({ server }: Stage): Promise<void> => {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL');
  await client.end();
};

const STOPPED: Fault = {
  name: 'is stopped',
  lasts: isFull ? 6_000 : 1_000,
  begin: ({ server }) => server.stop('immediate'),
  end: ({ server }) => server.start(),
};
const FAULTS: Fault[] = [
  STOPPED,
  { ...STOPPED, name: 'is shut down in order', begin: ({ server }) => server.stop('fast') },
  { ...STOPPED, name: 'is killed', begin: ({ server }) => server.signal('KILL') },
  ...[4_000, 12_000, 60_000].map((lasts) => ({
    name: `cannot be reached for ${lasts / 1_000} s, and nobody says so`,
    lasts,
    begin: ({ proxy }: Stage) => proxy.freeze(),
    end: ({ proxy }: Stage) => proxy.thaw(),
  })),
  {
    name: 'stands still for 20 s',
    lasts: 20_000,
    begin: ({ server }) => server.signal('STOP'),
    end: ({ server }) => server.signal('CONT'),
  },
];

/** One request after another, each with a new key, until `stop`; when each was answered and with what. */
function clientOf(call: Call, prefix: string) {
  const answers: { at: number; took: number; status: number; text: string; detail: string }[] = [];
  let going = true;
  const running = (async () => {
    for (let n = 0; going; n++) {
      const began = performance.now();
      const text = `${prefix} ${n}`;
      const body = { to: '5511987654321', type: 'text', text };
      const { status, json } = await call('POST', `${SHOP}/messages`, body, { 'idempotency-key': text.replace(' ', '-') });
      const at = performance.now();
      answers.push({ at, took: at - began, status, text, detail: String(json?.detail ?? '') });
      await pause(100);
    }
  })();
  return {
    answers,
    async stop() {
      going = false;
      await running;
    },
  };
}

const metric = async (hub: Hub, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await hub.admin('GET', '/metrics')).text)?.[1]);

const ready = async (hub: Hub): Promise<number> => (await fetch(`${hub.base}/health/ready`)).status;

async function stage(t: ExecutionContext): Promise<Stage & { hub: Hub; call: Call; webhooks: Set<string> }> {
  const server = await startPostgres(programs as string);
  const proxy = await startProxy(server.url);
  const receiver = await startReceiver();
  const hub = await startHub({ env: { HOOKLINE_DATABASE_URL: proxy.url, HOOKLINE_LOG_FORMAT: 'json' } });
  t.teardown(async () => {
    await hub.dispose();
    await receiver.close();
    proxy.close();
    await server.dispose();
  });
  const { call } = await hub.tenant();
  await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.sent'] });
  await linkedSandbox(call, 'shop');
  return {
    ...{ server, proxy, hub, call },
    get webhooks() {
      return new Set(receiver.requests.map(({ json }) => json.data.text as string));
    },
  };
}

for (const fault of isFull ? FAULTS : [STOPPED]) {
  onOwnPostgres(`a hub outlives a Postgres that ${fault.name}`, async (t) => {
    t.timeout(240_000);
    const all = await stage(t);
    const { hub, call } = all;
    const before = (await call('GET', SHOP)).json;
    const client = clientOf(call, 'm');
    await until(() => client.answers.length >= 3, { what: 'the first answers' });

    await fault.begin(all);
    const away = performance.now();
    const no = await until(() => client.answers.find(({ at, status }) => at > away && status === 503), {
      what: 'a refusal',
      every: 20,
    }).catch(() => undefined);
    if (no) {
      t.true(no.at - away < REFUSED_WITHIN + SLACK, `refused after ${Math.round(no.at - away)} ms`);
      t.is(await ready(hub), 503);
      t.is(await metric(hub, 'hookline_database_up'), 0);
    } else t.true(fault.lasts < REFUSED_WITHIN, 'never refused');
    await pause(Math.max(0, fault.lasts - (performance.now() - away)));
    await fault.end(all);
    const back = performance.now();
    const yes = await until(() => client.answers.find(({ at, status }) => at > back && status === 202), {
      what: 'an acceptance',
      within: 60_000,
    });
    t.true(yes.at - back < BACK_WITHIN + SLACK, `accepted again after ${Math.round(yes.at - back)} ms`);
    await until(async () => (await ready(hub)) === 200, { what: 'the hub to be ready' });
    t.is(await metric(hub, 'hookline_database_up'), 1);
    await client.stop();

    // The session was not touched, and what was accepted goes out once.
    t.is((await call('GET', SHOP)).json.connectedAt, before.connectedAt);
    const accepted = client.answers.filter(({ status }) => status === 202).map(({ text }) => text);
    const unclear = new Set(client.answers.filter(({ detail }) => /not known/.test(detail)).map(({ text }) => text));
    const seen = async (): Promise<string[]> => (await walk(call, `${SHOP}/sandbox/outbox`, 200)).map(({ text }) => String(text));
    await until(async () => new Set(await seen()).isSupersetOf(new Set(accepted)), {
      what: 'all that was accepted to go out',
      within: 60_000,
    });
    const sent = await seen();
    t.is(new Set(sent).size, sent.length, 'nothing twice');
    t.deepEqual(
      sent.filter((text) => !accepted.includes(text) && !unclear.has(text)),
      [],
      'nothing of which it was said that it was not stored',
    );
    await until(() => all.webhooks.isSupersetOf(new Set(accepted)), { what: 'all webhooks', within: 60_000 });
    // The entries of the audit log stand in the log one by one while they cannot be stored: that is what it is then for.
    const errors = hub
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && JSON.parse(line).level === 'error' && !/An entry of the audit log/.test(line));
    t.is(errors.filter((line) => /The database fails/.test(line)).length, no ? 1 : errors.length, errors.join('\n'));
    t.true(errors.length <= 3, errors.join('\n'));
    t.is(client.answers.filter(({ status }) => status !== 202 && status !== 503).length, 0);
    const refused = no ? `refused after ${Math.round(no.at - away)} ms` : 'never refused';
    const longest = Math.round(Math.max(...client.answers.map(({ took }) => took)));
    t.log(`${refused}, longest answer ${longest} ms, accepted again ${Math.round(yes.at - back)} ms after it was back`);
  });
}

if (isFull) {
  onOwnPostgres('a hub whose connections are all terminated goes on', async (t) => {
    const all = await stage(t);
    const client = clientOf(all.call, 'm');
    for (let round = 0; round < 5; round++) {
      const asked = client.answers.length;
      await terminate(all);
      await until(() => client.answers.slice(asked + 1).some(({ status }) => status === 202), { what: 'an acceptance' });
    }
    await client.stop();
    t.is(await ready(all.hub), 200);
  });

  onOwnPostgres('a start waits for its Postgres', async (t) => {
    const server = await startPostgres(programs as string);
    t.teardown(() => server.dispose());
    server.stop();
    const starting = startHub({ env: { HOOKLINE_DATABASE_URL: server.url } });
    await pause(3_000);
    server.start();
    const hub = await starting;
    t.teardown(() => hub.dispose());
    t.is(await ready(hub), 200);
  });

  onOwnPostgres('a start that waits in vain ends with a word about it', async (t) => {
    const server = await startPostgres(programs as string);
    t.teardown(() => server.dispose());
    server.stop();
    await t.throwsAsync(startHub({ env: { HOOKLINE_DATABASE_URL: server.url, HOOKLINE_DATABASE_WAIT_SECONDS: '2' } }), {
      message: /The database does not answer \(ECONNREFUSED\)\. See that it runs where HOOKLINE_DATABASE_URL says/,
    });
  });
}
