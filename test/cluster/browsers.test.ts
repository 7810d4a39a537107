/** Real browsers of a cluster: whatever becomes of the node that has started one, WhatsApp never sees two of a session. */
import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isLoginOnDisk } from '../e2e/login-on-disk.ts';
import { processesOn } from '../e2e/processes.ts';
import { browserEnv, isConnected, linkedPhone } from '../faults/wppconnect.ts';
import { stores } from '../helpers/database.ts';
import { type Call, type Hub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const withBrowsers = findChromium() && (await stores()).includes('postgres') ? test.serial : test.serial.skip;

/** The shortest that there is (seconds). */
const LEASE = 6;
const FRIEND = '5511988887777@c.us';

let whatsapp: WhatsAppWeb;
let cluster: TestCluster;
let phone: Phone;
let key: string;
let profile: string;
/** The node that runs the session. */
let owner: Hub;

/** What a connection to this database has committed is noted, whoever it is of. */
const NOTED = `
  CREATE TABLE written (who text, what text);
  CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO written VALUES (current_setting('hookline.who', true), TG_TABLE_NAME); RETURN NULL; END $$;
  DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'written' LOOP
      EXECUTE format('CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION note_write()', t);
    END LOOP;
  END $$`;

const call: Call = (...request) => owner.as(key)(...request);

/** A node that can be told from the others by what it has written. */
function start(name: string): Promise<Hub> {
  const url = new URL(cluster.url);
  url.searchParams.set('options', `-c hookline.who=${name}`);
  return cluster.start({ HOOKLINE_DATABASE_URL: url.href });
}

const writtenBy = async (name: string): Promise<string[]> =>
  (await cluster.sql<{ what: string }>('SELECT what FROM written WHERE who = $1', [name])).map(({ what }) => what);

/** As a node on another machine finds it, which cannot ask whether the browser still lives. chromium-headless-shell sets no lock. */
function lockFromAnotherMachine(): void {
  const lock = join(profile, 'chromium', 'SingletonLock');
  rmSync(lock, { force: true });
  symlinkSync('another-machine-4711', lock);
}

/** The node that takes over connects without a scan, and what the phone gets reaches it. */
async function takenOverBy(node: Hub): Promise<void> {
  owner = node;
  const scans = await codes();
  const before = whatsapp.visits.length;
  await until(() => whatsapp.visits.length > before, { what: 'another browser', within: 60_000 });
  await until(() => isConnected(call, 'shop'), { what: 'the session to be connected', within: 60_000 });
  const text = `to ${node.port}`;
  phone.receive({ from: FRIEND, text });
  const arrived = async () => (await call('GET', '/api/events?types=message.received&limit=200')).text.includes(text);
  await until(arrived, { what: 'what the phone has received' });
  if ((await codes()) !== scans) throw new Error('It had to be scanned again');
}

const codes = async (): Promise<number> => (await call('GET', '/api/events?types=session.qr&limit=200')).json.data.length;

/** How many there were at the same instant, at the most. */
const atOnce = (): number =>
  Math.max(...whatsapp.visits.map(({ from }) => whatsapp.visits.filter((one) => one.from <= from && from < one.to).length));

test.before(async () => {
  if (withBrowsers === test.serial.skip) return;
  whatsapp = await startWhatsAppWeb();
  cluster = await testCluster(0, { ...browserEnv(whatsapp), HOOKLINE_NODE_LEASE_SECONDS: String(LEASE) });
  await cluster.sql(NOTED);
  owner = await start('first');
  ({ key } = await owner.tenant());
  phone = await linkedPhone(call, whatsapp, 'shop');
  const [row] = await cluster.sql<{ profile: string }>('SELECT profile FROM whatsapp_instances');
  profile = join(owner.directory, 'tokens', String(row?.profile));
  await until(() => isLoginOnDisk(profile), { what: 'the login to be on disk' });
});
test.after.always(async () => {
  await cluster?.dispose();
  await whatsapp?.close();
});

withBrowsers(
  'the browser of a node that stands still is gone before another node starts one, and the node ends as it wakes up',
  async (t) => {
    const still = owner;
    const other = await start('second');
    t.true((await writtenBy('first')).includes('whatsapp_instances'), 'what a node writes is noted');
    lockFromAnotherMachine();
    const stopped = performance.now();
    process.kill(still.pid, 'SIGSTOP');
    t.teardown(() => still.end('SIGKILL'));
    await takenOverBy(other);
    t.is(atOnce(), 1);
    const { to = 0 } = whatsapp.visits.findLast(({ from }) => from < stopped) ?? {};
    t.log(
      `gone ${Math.round(to - stopped)} ms after it stood still, connected elsewhere after ${Math.round(performance.now() - stopped)} ms`,
    );

    await cluster.sql('DELETE FROM written');
    const [browsers, seen] = [processesOn(profile), whatsapp.visits.length];
    process.kill(still.pid, 'SIGCONT');
    t.is(await still.exited, 1);
    t.deepEqual(await writtenBy('first'), []);
    t.deepEqual(
      processesOn(profile).filter((pid) => !browsers.includes(pid)),
      [],
    );
    t.is(whatsapp.visits.length, seen);
    t.true(await isConnected(call, 'shop'));
  },
);

withBrowsers('the browser of a node that is killed is ended, also where it has not noticed', async (t) => {
  await until(() => isLoginOnDisk(profile), { what: 'the login to be on disk' });
  const other = await start('third');
  const killed = owner;
  lockFromAnotherMachine();
  // It would end by itself as its pipe to the node breaks.
  const browsers = processesOn(profile);
  process.kill(browsers[0] as number, 'SIGSTOP');
  const began = performance.now();
  await killed.end('SIGKILL');
  await until(() => processesOn(profile).every((pid) => !browsers.includes(pid)), { what: 'the browser to be ended', within: 10_000 });
  t.log(`ended after ${Math.round(performance.now() - began)} ms`);
  await takenOverBy(other);
  t.is(atOnce(), 1);
});
