/** What is wrong with a body is said in words of ours, for every route that takes one. */
import test from 'ava';
import { z } from 'zod';
import type { HooklineError } from '../../src/core/errors.ts';
import { type Handlers, routeTable } from '../../src/http/routes.ts';
import { validate } from '../../src/http/validate.ts';

/** Nothing is called: only the shapes are of interest. */
const handlers = new Proxy({}, { get: () => new Proxy(() => undefined, { get: () => () => undefined }) }) as Handlers;
const routes = routeTable(handlers).filter(({ body, bodyType = 'json' }) => body && bodyType === 'json');

const faultsOf = (schema: z.ZodType, value: unknown, code: 'invalid-body' | 'invalid-query' = 'invalid-body') => {
  try {
    validate(schema, value, code);
    return [];
  } catch (error) {
    return (error as HooklineError).errors ?? [];
  }
};

const ODD = [null, true, 7.5, -1e12, '', 'odd', 'x'.repeat(9_000), [], [null], ['odd'], {}, { odd: 1 }];
const ZODS_OWN = /invalid|pipe|expected|received|too (?:small|big)|unrecognized|undefined|NaN|nonoptional/i;

/** A value with one odd member, for each member that the shape has, and each form. */
function* oddities(schema: unknown, depth = 0): Generator<unknown> {
  yield* ODD;
  const { def } = (
    schema as { _zod: { def: z.core.$ZodTypeDef & { shape?: object; options?: unknown[]; innerType?: unknown; in?: unknown } } }
  )._zod;
  for (const inner of [def.innerType, def.in, ...(def.options ?? [])]) if (inner) yield* oddities(inner, depth);
  if (depth > 2) return;
  for (const [key, member] of Object.entries(def.shape ?? {})) {
    const literals = (member as { _zod: { values?: Set<unknown> } })._zod.values;
    if (literals) for (const literal of literals) yield { [key]: literal };
    for (const odd of oddities(member, depth + 1)) yield { [key]: odd };
  }
}

test('no answer about a body is in the words of the library that checks it', (t) => {
  t.true(routes.length > 20);
  for (const { method, path, body } of routes) {
    for (const odd of oddities(body)) {
      for (const fault of faultsOf(body as z.ZodType, odd)) {
        t.notRegex(fault.message, ZODS_OWN, `${method} ${path} ${JSON.stringify(odd).slice(0, 200)}: ${fault.path}`);
        t.true(fault.path.length > 0 && fault.message.length > 5, `${method} ${path}: ${JSON.stringify(fault)}`);
      }
    }
  }
});

const bodyOf = (route: string): z.ZodType => routes.find(({ method, path }) => `${method} ${path}` === route)?.body as z.ZodType;

test('what is missing is named, with what belongs there; what is wrong, with what was meant', (t) => {
  const [answer, confirm] = [bodyOf('POST /api/sessions/:id/passkey'), bodyOf('POST /api/sessions/:id/passkey/confirm')];
  t.deepEqual(faultsOf(answer, {}), [
    { path: 'credential', message: 'is missing: give an object with "id", "rawId", "type" and "response"' },
  ]);
  t.deepEqual(
    faultsOf(answer, { credential: { id: 'a', rawId: 'a', type: 'public-key', response: { clientDataJSON: '', signature: 5 } } }),
    [
      { path: 'credential.response.authenticatorData', message: 'is missing: give a text' },
      { path: 'credential.response.signature', message: 'must be a text' },
    ],
  );
  t.deepEqual(faultsOf(confirm, { mathces: true }), [
    { path: 'matches', message: 'is missing: give true or false' },
    { path: 'mathces', message: 'unknown key, did you mean "matches"?' },
  ]);
  t.deepEqual(faultsOf(confirm, undefined), [{ path: 'body', message: 'is missing: give an object with "matches"' }]);
  t.deepEqual(faultsOf(bodyOf('POST /api/sessions'), { name: 'x', engine: 'sandbux' }), [
    { path: 'engine', message: 'must be "sandbox" or "wppconnect", did you mean "sandbox"?' },
  ]);
  t.deepEqual(faultsOf(bodyOf('POST /api/sessions/:id/sandbox/happens'), { kind: 'revokd' }), [
    {
      path: 'kind',
      message:
        'must be "reaction", "edited", "revoked", "poll-vote", "presence", "participants", "call" or "dialog", did you mean "revoked"?',
    },
  ]);
  t.deepEqual(faultsOf(bodyOf('POST /api/sessions/:id/sandbox/ack'), { messageId: 'msg_1' }), [
    { path: 'ack', message: 'is missing: give "failed", "sent", "delivered", "read" or "played" or a number' },
  ]);
  const time = 'a time with its zone, such as 2026-11-23T14:05:00Z';
  t.deepEqual(faultsOf(bodyOf('POST /api/webhooks/:id/replay'), { until: 1795442760 }), [
    { path: 'since', message: `is missing: give ${time}` },
    { path: 'until', message: `must be ${time}` },
  ]);
  t.deepEqual(faultsOf(z.strictObject({ since: z.iso.datetime({ offset: true }) }), { since: '2026-11-23T14:05:00 02:00' }), [
    { path: 'since', message: `must be ${time}; in a URL the + of a zone is written %2B` },
  ]);
  const send = bodyOf('POST /api/sessions/:id/messages');
  t.deepEqual(faultsOf(send, { type: 'image', to: '1' }), [
    { path: 'media', message: 'is missing: give an object, such as {"url": "https://example.com/photo.jpg"}' },
  ]);
  t.deepEqual(
    faultsOf(send, { chat: '1', message: 'x', odd: 1 }).map(({ path, message }) => [path, message.slice(0, 40)]),
    [
      ['type', 'says what kind of message it is. There a'],
      ['to', 'is missing: who is to get the message, s'],
      ['chat', 'unknown key, did you mean "to"?'],
      ['message', 'unknown key, did you mean "text"?'],
      ['odd', 'unknown key'],
    ],
  );
  t.throws(() => validate(send, { type: 'text', to: '1', tezt: 'x' }, 'invalid-body'), {
    message: 'The body is not valid: text: is missing: give a text (and 1 other place, see "errors").',
  });
  t.throws(() => validate(bodyOf('PATCH /api/sessions/:id'), { confog: {} }, 'invalid-body'), { message: /did you mean "config"\?$/ });
  const query = z.strictObject({ limit: z.coerce.number().int().min(1).max(200) });
  t.deepEqual(faultsOf(query, { limit: 'many' }, 'invalid-query'), [{ path: 'limit', message: 'must be a number' }]);
  t.deepEqual(faultsOf(query, { limit: '500' }, 'invalid-query'), [{ path: 'limit', message: 'must be 200 or less' }]);
});
