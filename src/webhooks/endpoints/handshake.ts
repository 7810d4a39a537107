import { HooklineError } from '../../core/errors.ts';
import type { Random } from '../../core/runtime.ts';
import type { Opener } from '../../core/seal.ts';
import type { EventDialects, Look } from '../ports.ts';
import { openOptions } from './dialect-options.ts';
import type { Endpoint } from './endpoint.ts';

/** Milliseconds that a URL has to answer. */
const DEADLINE = 10_000;

/**
 * Asks the URL whether it is a receiver that waits for these events, in the dialects that do so before they tell it anything. Rejects with
 * `invalid-body` where it does not answer as they want.
 */
export async function shakeHands(
  endpoint: Pick<Endpoint, 'id' | 'tenantId' | 'url' | 'dialect' | 'dialectOptions'>,
  { events, egress, random, open }: { events: EventDialects; egress: Look; random: Random; open: Opener },
): Promise<void> {
  const { tenantId, url, dialect } = endpoint;
  const challenge = String(Math.floor(random() * 1_000_000_000));
  const handshake = dialect === 'hookline' ? null : events[dialect]?.handshake?.(url, openOptions(endpoint, open), challenge);
  if (!handshake) return;
  const answer = await egress.request({ tenantId, method: 'GET', url: handshake.url, headers: {}, deadline: DEADLINE });
  const isRight = 'status' in answer && answer.status === 200 && answer.body.toString('utf8').trim() === handshake.answer;
  if (isRight) return;
  const said = 'status' in answer ? `it answered ${answer.status}, and not with what it was asked for` : answer.detail;
  const message = `is no receiver that waits for these events: asked for hub.challenge with the verify token, ${said}`;
  throw new HooklineError('invalid-body', `The endpoint is not valid: url: ${message}.`, { errors: [{ path: 'url', message }] });
}
