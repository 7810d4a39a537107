import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { freePort, type Hub, linkedSandbox, spawnHub, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

interface Tally {
  acknowledged: string[];
  /** Requests that were taken and got no answer. */
  broken: string[];
}

/** Sends one message after the other over a connection that it keeps, until the hub takes no more. */
async function keepSending({ port }: Hub, key: string, { acknowledged, broken }: Tally): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ to: '5521988887777', type: 'text', text: 'x' });
  for (let going = true; going; ) {
    going = await new Promise<boolean>((resolve) => {
      const asked = request({ port, agent, method: 'POST', path: '/api/sessions/shop/messages', headers }, async (answer) => {
        let text = '';
        for await (const chunk of answer) text += chunk;
        if (answer.statusCode === 202) acknowledged.push(JSON.parse(text).id);
        resolve(true);
      });
      asked.on('error', (error: NodeJS.ErrnoException) => {
        // An idle connection may be closed as the next request is on its way; a client tries that again (RFC 9112, 9.5).
        const notTaken = error.code === 'ECONNREFUSED' || (asked.reusedSocket && error.code === 'ECONNRESET');
        if (!notTaken) broken.push(String(error.code));
        resolve(false);
      });
      asked.end(body);
    });
  }
  agent.destroy();
}

test('SIGTERM under load: who keeps connections busy is answered and let go, what was acknowledged is there, exit 0', async (t) => {
  let hub = await startHub({ env: { HOOKLINE_SHUTDOWN_SECONDS: '30' } });
  t.teardown(() => hub.dispose());
  const { call, key } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  const tally: Tally = { acknowledged: [], broken: [] };
  const senders = Array.from({ length: 8 }, () => keepSending(hub, key, tally));
  await until(() => tally.acknowledged.length > 50, { what: 'some load' });

  const asked = performance.now();
  t.is(await hub.end('SIGTERM'), 0);
  t.true(performance.now() - asked < 25_000, 'nobody waits for the grace to pass');
  await Promise.all(senders);
  t.deepEqual(tally.broken, []);

  hub = await hub.again();
  const again = hub.as(key);
  for (const id of tally.acknowledged) t.is((await again('GET', `/api/messages/${id}`)).status, 200);
});

test('SIGTERM while WhatsApp and a receiver hang: exit 0 when the grace is over, and the next start finds both open', async (t) => {
  const receiver = await startReceiver(() => undefined);
  let hub = await startHub({ env: { HOOKLINE_SHUTDOWN_SECONDS: '1', HOOKLINE_SENDS_TIMEOUT_SECONDS: '600' } });
  t.teardown(async () => {
    await hub.dispose();
    await receiver.close();
  });
  const { call, key } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { hang: true } });
  await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'] });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: 'x' });
  const { json: message } = await call('POST', '/api/sessions/shop/messages', { to: '5521988887777', type: 'text', text: 'x' });
  const status = async () => (await hub.as(key)('GET', `/api/messages/${message.id}`)).json.status;
  await until(async () => receiver.requests.length === 1 && (await status()) === 'sending', { what: 'both to hang' });

  const asked = performance.now();
  t.is(await hub.end('SIGTERM'), 0);
  t.true(performance.now() - asked < 30_000);
  hub = await hub.again();
  await until(() => receiver.requests.length === 2, { what: 'the delivery to be tried again' });
  t.is(receiver.requests[1]?.headers['webhook-id'], receiver.requests[0]?.headers['webhook-id']);
  await until(async () => (await status()) === 'unknown', { what: 'the message to be unknown' });
});

test('a second signal does not wait for what is in flight', async (t) => {
  const hub = await startHub({ env: { HOOKLINE_SHUTDOWN_SECONDS: '600', HOOKLINE_SENDS_TIMEOUT_SECONDS: '600' } });
  t.teardown(() => hub.dispose());
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { hang: true } });
  const { json: message } = await call('POST', '/api/sessions/shop/messages', { to: '5521988887777', type: 'text', text: 'x' });
  await until(async () => (await call('GET', `/api/messages/${message.id}`)).json.status === 'sending', { what: 'the send to hang' });
  const ended = hub.end('SIGTERM');
  await until(() => hub.output().includes('Stopping (SIGTERM)'), { what: 'the hub to stop' });
  void hub.end('SIGINT');
  t.is(await ended, 1);
});

for (const twice of [false, true]) {
  test(`npm start: SIGTERM to npm${twice ? ' and, as a group gets it, to the hub too' : ''} stops the hub, exit 0`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'hookline-npm-'));
    const port = await freePort();
    const env = {
      HOOKLINE_PORT: String(port),
      HOOKLINE_DATA_DIR: join(directory, 'data'),
      HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
    };
    const { child, output } = spawnHub([], env, ['npm', 'start', '--silent']);
    const ended = once(child, 'exit');
    const isUp = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined))?.ok;
    const below = async (pid: number | undefined): Promise<number[]> => {
      const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'ppid=,pid=']);
      const children = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      const own = children.flatMap(([parent, id = 0]) => (parent === pid ? [id] : []));
      return [...(await Promise.all(own.map(below))).flat(), ...own];
    };
    let hub: number[] = [];
    try {
      await until(isUp, { what: () => `the hub to be ready; it said: ${output()}` });
      hub = await below(child.pid);
      if (twice) for (const pid of hub) process.kill(pid, 'SIGTERM');
      child.kill('SIGTERM');
      t.is((await ended)[0], 0);
      t.falsy(await isUp(), 'the hub does not go on without its npm');
    } finally {
      for (const pid of hub) if (await isUp()) process.kill(pid, 'SIGKILL');
      await rm(directory, { recursive: true, force: true });
    }
  });
}
