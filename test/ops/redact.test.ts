import test from 'ava';
import fc from 'fast-check';
import { HooklineError } from '../../src/core/errors.ts';
import { redact, redactText } from '../../src/ops/redact.ts';

const CANARY = 'Canary0123456789';
const below = { content: true };
const debug = { content: false };
const shown = (value: unknown, redaction = below): string => JSON.stringify(redact(value, redaction)) ?? '';

const SECRET_TEXTS = [
  `whsec_${CANARY}`,
  `hlk_${CANARY}`,
  `adm_${CANARY}-x_y`,
  `Authorization: Bearer ${CANARY}`,
  `authorization: Basic ${CANARY}`,
  `{"x-api-key":"${CANARY}"}`,
  `postgres://hub:${CANARY}@db:5432/hub`,
  `postgres://hub:p@${CANARY}@db/hub`,
  `https://receiver.example/hook?a=1&token=${CANARY}`,
];
const CONTENT_TEXTS = [`data:image/png;base64,${CANARY}`, `2@${CANARY}${CANARY},${CANARY},${CANARY},1`];
const SECRET_NAMES = [
  'secret',
  'X-Api-Key',
  'apiKey',
  'authorization',
  'Set-Cookie',
  'admin_key',
  'secretKey',
  'token',
  'accessToken',
  'DATABASE_URL',
  'challenge',
  'credential',
  'clientDataJSON',
  'authenticatorData',
];
const CONTENT_NAMES = ['text', 'body', 'caption', 'qr', 'code', 'key', 'dataUrl', 'pairingCode', 'base64'];

for (const text of SECRET_TEXTS) {
  test(`hidden at every level: ${text.replaceAll(CANARY, '…')}`, (t) => {
    for (const redaction of [below, debug]) t.false(redactText(`before ${text} after`, redaction).includes(CANARY));
    t.regex(redactText(`before ${text} after`, below), /^before .* after$/);
  });
}

for (const text of CONTENT_TEXTS) {
  test(`hidden below debug only: ${text.replaceAll(CANARY, '…')}`, (t) => {
    t.false(redactText(text, below).includes(CANARY));
    t.is(redactText(text, debug), text);
  });
}

test('a field is hidden by its name, however it is spelt', (t) => {
  for (const name of [...SECRET_NAMES, ...CONTENT_NAMES]) t.is(shown({ [name]: [CANARY] }), `{"${name}":"[redacted]"}`, name);
  for (const name of SECRET_NAMES) t.is(shown({ [name]: CANARY }, debug), `{"${name}":"[redacted]"}`, name);
  for (const name of CONTENT_NAMES) t.is(shown({ [name]: CANARY }, debug), `{"${name}":"${CANARY}"}`, name);
});

test('what an operator needs stays readable', (t) => {
  const fields = {
    url: 'http://127.0.0.1:3001/api/sessions/shop/messages',
    hint: 'hlk_abcd',
    statusCode: 410,
    code: 1006,
    keyId: 'key_1',
    engineId: 'true_1@c.us_A',
    database: 'postgres://db:5432/hub',
    ok: true,
    none: null,
  };
  t.deepEqual(redact(fields, below), fields);
});

test('an error keeps its code, its stack and its cause, without the secrets in them', (t) => {
  const cause = Object.assign(new Error(`no login with Bearer ${CANARY}`), { code: 'ECONNREFUSED', text: CANARY });
  const error = new HooklineError('storage-unavailable', `postgres://u:${CANARY}@h/d does not answer`, {
    cause,
    extra: { secret: CANARY },
  });
  const written = redact(error, below) as { code: string; stack: string; cause: { code: string } };
  t.is(written.code, 'storage-unavailable');
  t.is(written.cause.code, 'ECONNREFUSED');
  t.regex(written.stack, /postgres:\/\/u:\[redacted\]@h\/d does not answer\n\s+at /);
  t.false(JSON.stringify(written).includes(CANARY));
  t.regex(shown(new AggregateError([new Error('one'), new Error('two')])), /one.*two/);
});

test('the number in a WhatsApp address is content', (t) => {
  const line = 'lane flow:ses_1:5521977771234@c.us, true_5521977771234@c.us_3EB0, 77771234@lid, 120363041234567890@g.us';
  t.is(redactText(line, below), 'lane flow:ses_1:[redacted]@c.us, true_[redacted]@c.us_3EB0, [redacted]@lid, [redacted]@g.us');
  t.is(redactText(line, debug), line);
  t.is(redactText('mail 12345@c.user to port 55555', below), 'mail 12345@c.user to port 55555');
});

test('a long text is cut without leaving half a secret', (t) => {
  const limits = { depth: 8, values: 1_000, characters: 100 };
  for (let padding = 60; padding < 120; padding++) {
    t.false(redactText(`${'x'.repeat(padding)} postgres://u:${CANARY}@h`, { ...below, limits }).includes(CANARY.slice(0, 3)));
  }
  for (let padding = 65_500; padding < 65_540; padding++) {
    const written = redactText(`${'x '.repeat(padding / 2)}postgres://u:${CANARY}@h`, { ...below, limits: { ...limits, characters: 1e6 } });
    t.false(written.includes(CANARY.slice(0, 3)));
  }
});

test('cycles, depth, width and size are bounded', (t) => {
  const cycle: Record<string, unknown> = { name: 'a' };
  cycle.self = cycle;
  t.is(shown(cycle), '{"name":"a","self":"[circular]"}');
  let deep: unknown = 'bottom';
  for (let level = 0; level < 10_000; level++) deep = [deep];
  t.true(shown(deep).includes('[too deep]'));
  t.true(shown(new Array(1e9)).length < 10_000);
  t.true(shown(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index}`, index]))).length < 20_000);
  t.true(shown(`${'a'.repeat(50e6)} `).length < 10_000);
  t.is(shown({ file: Buffer.alloc(10e6) }), '{"file":"[10000000 bytes]"}');
});

test('a shared value that is no cycle is written each time', (t) => {
  const shared = { id: 1 };
  t.is(shown({ a: shared, b: shared }), '{"a":{"id":1},"b":{"id":1}}');
});

test('no text takes long, however it is built', (t) => {
  for (const piece of ['://a:', 'a', 'bearer ', 'data:a/', '1@aaaaaaaaaaaaaaaaaaaaaaaa', 'authorization ', '?key', 'whsec_', '@', '"']) {
    const started = process.threadCpuUsage();
    redactText(piece.repeat(Math.ceil(65_536 / piece.length)), below);
    t.true(process.threadCpuUsage(started).user < 1e6, piece);
  }
});

test('what throws when it is looked at is said to be unreadable', (t) => {
  const trap = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  t.is(
    shown({
      trap,
      get bad() {
        throw new Error('no');
      },
      good: 1,
    }),
    '{"trap":"[unreadable]","bad":"[unreadable]","good":1}',
  );
  t.is(
    shown({ at: new Date(Number.NaN), big: 10n, call: () => 1, map: new Map([['token', CANARY]]), set: new Set([1]) }),
    '{"at":"[invalid date]","big":"10","call":"[function]","map":{"token":"[redacted]"},"set":[1]}',
  );
});

test('no value whatever makes it throw, and what comes out is bounded JSON', (t) => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withNullPrototype: true,
        withSparseArray: true,
        withObjectString: true,
      }),
      fc.boolean(),
      (value, content) => {
        const written = JSON.stringify(redact(value, { content, limits: { depth: 4, values: 50, characters: 50 } }));
        return written === undefined || written.length < 50 * 400;
      },
    ),
  );
  t.pass();
});

test('a canary under a hidden name, or in a text of a secret’s shape, never comes out', (t) => {
  const secret = fc.oneof(
    fc.tuple(fc.constantFrom(...SECRET_NAMES, ...CONTENT_NAMES), fc.jsonValue()).map(([name, value]) => ({ [name]: [value, CANARY] })),
    fc
      .tuple(fc.string({ unit: 'binary' }), fc.constantFrom(...SECRET_TEXTS, ...CONTENT_TEXTS), fc.string())
      .map(([before, text, after]) => `${before} ${text} ${after}`),
    fc.constantFrom(...SECRET_TEXTS).map((text) => new Error(text)),
    fc.constantFrom(...SECRET_TEXTS).map((text) => ({ [text]: 1 })),
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      secret,
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
      tie('tree').map((value) => new Map([['a', value]])),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => !shown(value).includes(CANARY)),
    { numRuns: 500 },
  );
  t.pass();
});
