import { HooklineError } from '../core/errors.ts';
import { fingerprintOf } from '../core/fingerprint.ts';
import type { SentFile } from '../core/message.ts';
import type { FirstAnswers } from '../first-answers/first-answers.ts';
import { type ApiRequest, Reply, type Route } from './route.ts';

/** RFC draft-ietf-httpapi-idempotency-key-header leaves the length open; printable and short keeps it storable. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
export const KEY_FORM = 'An Idempotency-Key has 1 to 255 printable ASCII characters without blanks.';
/** The same in JSON Schema. */
export const KEY_SCHEMA = { minLength: 1, maxLength: 255, pattern: '^[!-~]+$' };

/** The Idempotency-Key of a request, if it has one; throws `bad-request` for one that cannot be kept. */
export function keyOf(header: (name: string) => string | undefined): string | undefined {
  const key = header('idempotency-key');
  if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) throw new HooklineError('bad-request', KEY_FORM);
  return key;
}

/**
 * What the route's handler answers, once for each Idempotency-Key where the route makes something: see `FirstAnswers`. `replayed`: it was
 * answered before, and what came with the request is of no use.
 */
export async function answerOnce(
  firstAnswers: Pick<FirstAnswers, 'once'> | undefined,
  route: Pick<Route, 'method' | 'path' | 'access' | 'creates' | 'handler'>,
  request: ApiRequest,
): Promise<{ given: unknown; replayed: boolean }> {
  const key = route.creates ? keyOf(request.header) : undefined;
  if (key === undefined || !firstAnswers) return { given: await route.handler(request), replayed: false };
  const { params, query, body } = request;
  // On the operator's own routes a tenant that is named is nobody's business.
  const tenantId = route.access === 'admin' ? '' : request.tenantId;
  const asked = { route: `${route.method} ${route.path}`, params, query, body: withoutFile(body) };
  const { answer, replayed } = await firstAnswers.once({ tenantId, key, fingerprint: fingerprintOf(asked) }, async () => {
    const given = await route.handler(request);
    const { status, body, headers } = given instanceof Reply ? given : new Reply({ body: given });
    return JSON.stringify({ status, body, headers });
  });
  const { headers, ...first } = JSON.parse(answer);
  return { given: new Reply({ ...first, headers: { ...headers, ...(replayed && { 'Idempotent-Replayed': 'true' }) } }), replayed };
}

/** A file is told by its bytes. */
function withoutFile(body: unknown): unknown {
  const { file, ...rest } = (body ?? {}) as { file?: SentFile };
  return file?.kept ? { ...rest, file: { sha256: file.kept.sha256, filename: file.filename } } : body;
}
