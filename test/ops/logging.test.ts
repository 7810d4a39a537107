import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { LogLevel } from '../../src/core/runtime.ts';
import { createLogging, type LogOptions } from '../../src/ops/logging.ts';
import { FakeClock } from '../helpers/runtime.ts';

const LEVELS: LogLevel[] = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'];

/** A log into memory; `written` is all of it after `close()`. */
function memoryLog(options: Partial<LogOptions> = {}) {
  let text = '';
  const output = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const logging = createLogging({ level: 'info', console: true, format: 'json', clock: new FakeClock(), output, ...options });
  return {
    log: logging.log,
    written: async () => {
      await logging.close();
      return text;
    },
    logging,
    output,
  };
}

test('the level is changed while it logs, and with it what is hidden', async (t) => {
  const { log, written, logging } = memoryLog();
  const say = () => log.child({ session: 'ses_1' }).debug('Received', { text: 'canary-body' });
  say();
  logging.level = 'debug';
  say();
  logging.level = 'warn';
  log.info('Nothing more');
  log.warn('Received', { text: 'another-body' });
  t.is(logging.level, 'warn');
  const text = await written();
  t.deepEqual([text.split('canary-body').length - 1, text.includes('another-body'), text.includes('Nothing more')], [1, false, false]);
});

test('JSON: one line an entry, with time, level, message and fields', async (t) => {
  const { log, written } = memoryLog();
  log.info('Listening', { port: 3001 });
  log.warn('Slow');
  t.deepEqual((await written()).split('\n'), [
    '{"timestamp":"2026-01-05T12:00:00.000Z","level":"info","message":"Listening","port":3001}',
    '{"timestamp":"2026-01-05T12:00:00.000Z","level":"warn","message":"Slow"}',
    '',
  ]);
});

test('a field cannot pose as time, level or message', async (t) => {
  const { log, written } = memoryLog();
  log.info('real', { timestamp: 1, level: 'error', message: 'false' });
  t.like(JSON.parse(await written()), { timestamp: '2026-01-05T12:00:00.000Z', level: 'info', message: 'real' });
});

test('pretty: a line to read, stacks below it', async (t) => {
  const { log, written } = memoryLog({ format: 'pretty' });
  log.info('Listening', { port: 3001, url: 'http://127.0.0.1:3001', why: 'as told' });
  log.error('Failed', { error: new Error('broken') });
  const lines = (await written()).split('\n');
  t.is(lines[0], '12:00:00.000 info    Listening  port=3001  url=http://127.0.0.1:3001  why="as told"');
  t.is(lines[1], '12:00:00.000 error   Failed');
  t.is(lines[2], '    Error: broken');
  t.regex(lines[3] ?? '', /^ {8}at /);
});

for (const level of LEVELS) {
  test(`${level} writes what is as grave, and nothing below`, async (t) => {
    const { log, written } = memoryLog({ level });
    for (const each of LEVELS) log[each](each);
    const lines = (await written())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).level);
    t.deepEqual(lines, LEVELS.slice(0, LEVELS.indexOf(level) + 1));
  });
}

test('a child carries its fields, a grandchild those of both', async (t) => {
  const { log, written } = memoryLog();
  const child = log.child({ session: 'a' });
  child.child({ engine: 'sandbox' }).info('x', { session: 'b' });
  child.info('y');
  const [first, second] = (await written()).split('\n');
  t.like(JSON.parse(first ?? ''), { session: 'b', engine: 'sandbox' });
  t.true(second?.endsWith('"message":"y","session":"a"}'));
});

test('below debug bodies and codes are hidden, at debug they are not; secrets never stand in it', async (t) => {
  for (const [level, hidden] of [
    ['verbose', true],
    ['debug', false],
    ['silly', false],
  ] as const) {
    const { log, written } = memoryLog({ level });
    log
      .child({ token: 'canary-token' })
      .warn('Signed with whsec_canary', { text: 'canary-body', qr: { code: 'canary-qr' }, error: new Error('Bearer canary-key') });
    const text = await written();
    t.is(!text.includes('canary-body') && !text.includes('canary-qr'), hidden, level);
    t.notRegex(text, /whsec_canary|canary-token|canary-key/);
  }
});

test('console off and no file: nothing is written anywhere', async (t) => {
  const { log, written } = memoryLog({ console: false });
  log.error('unheard');
  t.is(await written(), '');
});

test('the file is appended to, for its owner alone, and complete after close', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-log-'));
  const file = join(directory, 'logs', 'hub.log');
  for (const round of [1, 2]) {
    const { log, logging } = memoryLog({ console: false, file });
    for (let index = 0; index < 1_000; index++) log.info(`${round}.${index}`);
    await logging.close();
  }
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  t.is(lines.length, 2_000);
  t.is(JSON.parse(lines.at(-1) ?? '').message, '2.999');
  t.is((await stat(file)).mode & 0o777, 0o600);
  await rm(directory, { recursive: true });
});

test('a log file that cannot be is a fault of the configuration', (t) => {
  const error = t.throws(() => memoryLog({ file: '/dev/null/hub.log' }), { instanceOf: HooklineError });
  t.is(error.errors?.[0]?.path, 'HOOKLINE_LOG_FILE');
});

test('what is logged after close is dropped; closing twice is closing once', async (t) => {
  const { log, written, logging } = memoryLog();
  log.info('before');
  const text = await written();
  log.info('after');
  await logging.close();
  t.is(await written(), text);
});

test('an output that breaks does not take the hub with it', async (t) => {
  const { log, output, logging } = memoryLog();
  output.destroy(new Error('EPIPE'));
  await new Promise(setImmediate);
  log.info('into nothing');
  await logging.close();
  t.pass();
});
