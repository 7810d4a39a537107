import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { freePort, spawnHub, until } from '../helpers/hub.ts';

const run = promisify(execFile);

interface Start {
  output(): string;
  /** Ends it and resolves with the exit code. */
  stop(): Promise<number | null>;
}

async function start(args: string[], env: Record<string, string>): Promise<Start> {
  const { child, output } = spawnHub(args, env);
  const ended = once(child, 'exit');
  await until(async () => (await fetch(`http://127.0.0.1:${env.HOOKLINE_PORT}/health/ready`).catch(() => undefined))?.ok, {
    what: () => `the hub to be ready; it said: ${output()}`,
    within: 60_000,
  }).catch((error) => {
    child.kill('SIGKILL');
    throw error;
  });
  return {
    output,
    async stop() {
      child.kill('SIGTERM');
      return (await ended)[0];
    },
  };
}

/** A home for a hub and a curl that, asked as anybody asks it, also tells the status of the answer in a last line. */
async function place(): Promise<{ directory: string; env: Record<string, string> }> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-first-'));
  await writeFile(join(directory, '.curlrc'), 'write-out = "\\n%{http_code}"\n');
  const env = {
    HOOKLINE_PORT: String(await freePort()),
    HOOKLINE_DATA_DIR: join(directory, 'data'),
    HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
  };
  return { directory, env };
}

async function paste(line: string, directory: string): Promise<{ body: string; status: number }> {
  const { stdout } = await run('bash', ['-c', line], { env: { PATH: process.env.PATH, CURL_HOME: directory } });
  const end = stdout.lastIndexOf('\n');
  return { body: stdout.slice(0, end), status: Number(stdout.slice(end)) };
}

const printedLines = (output: string): string[] => [...output.matchAll(/^ {2}(curl .*)$/gm)].map(([, line]) => line as string);

for (const args of [['serve', '--dev'], ['serve']]) {
  test(`${args.join(' ')}: every printed curl line, pasted as it is and in order, works`, async (t) => {
    const { directory, env } = await place();
    const hub = await start(args, env);
    try {
      const told = () => (args.includes('--dev') ? hub.output() : readFile(keysFile(env), 'utf8').catch(() => ''));
      const shown = await until(async () => /\/api\/events'\n/.test(await told()) && (await told()), { what: 'the last line' });
      const lines = printedLines(shown);
      t.is(lines.length, 9);
      const answers = [];
      for (const line of lines) answers.push({ line, ...(await paste(line, directory)) });
      for (const { line, status, body } of answers) t.true(status >= 200 && status < 300, `${line}\n${status} ${body}`);

      const [, qr, scanned, webhook, , , , outbox, events] = answers;
      t.regex(qr?.body ?? '', /^(.*[▀▄█].*\n){20}/m);
      t.is(JSON.parse(scanned?.body ?? '').status, 'connected');
      t.regex(JSON.parse(webhook?.body ?? '').secret, /^whsec_/);
      t.true(JSON.parse(events?.body ?? '').data.some(({ type }: { type: string }) => type === 'message.received'));
      const sent = await until(
        async () => {
          const { data } = JSON.parse((await paste(outbox?.line ?? '', directory)).body);
          return data.length >= 3 && data;
        },
        { what: 'the answer of the flow and the message at the phone' },
      );
      t.true(sent.some(({ text, typingMs }: { text: string; typingMs: number }) => text === 'What is your name?' && typingMs > 0));
      t.true(sent.some(({ text }: { text: string }) => text === 'Hi from Hookline'));
    } finally {
      t.is(await hub.stop(), 0);
      await rm(directory, { recursive: true, force: true });
    }
  });
}

const keysFile = ({ HOOKLINE_DATA_DIR = '' }: Record<string, string>): string => join(HOOKLINE_DATA_DIR, 'first-keys.txt');

test('what a service of its first start says goes into logs: the keys are in a file of its user, once, and never in them', async (t) => {
  const { directory, env } = await place();
  const first = await start(['serve'], env);
  await until(() => first.output().includes('first-keys.txt'), { what: 'the name of the file' });
  t.is(await first.stop(), 0);
  t.notRegex(first.output(), /adm_|hlk_/);
  const shown = await readFile(keysFile(env), 'utf8');
  t.is((await stat(keysFile(env))).mode & 0o777, 0o600);
  t.is(shown.match(/^ {2}adm_\S{40,}$/gm)?.length, 1);
  t.is(shown.match(/^ {2}hlk_\S{40,}$/gm)?.length, 1);

  const second = await start(['serve'], env);
  await until(() => second.output().includes('still in'), { what: 'the reminder' });
  t.is(await second.stop(), 0);
  t.is(await readFile(keysFile(env), 'utf8'), shown);
  await rm(keysFile(env));

  const silent = await start(['serve'], { ...env, HOOKLINE_LOG_CONSOLE: 'false' });
  t.is(await silent.stop(), 0);
  t.is(silent.output(), '');

  const third = await start(['serve'], env);
  t.is(await third.stop(), 0);
  t.notRegex(third.output(), /adm_|hlk_|first-keys/);
  const logged = third
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).message);
  t.true(logged.includes(`Hookline listens on http://127.0.0.1:${env.HOOKLINE_PORT}`));
  t.regex(logged.join('\n'), /^Stopping \(SIGTERM\)/m);
  await rm(directory, { recursive: true, force: true });
});
