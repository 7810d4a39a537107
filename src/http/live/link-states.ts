import { hasCode } from '../../core/errors.ts';
import type { Subscription } from '../../ledger/subscription.ts';
import type { LinkState } from '../../link-pages/link-pages.ts';
import { GONE, type OpenStream } from './open-streams.ts';

/**
 * What a link page shows, as Server-Sent Events: at once, and again whenever something is told of the session. `state` rejects
 * with `not-found` once the session is gone. Ends when the phone is linked: there is nothing to come.
 */
export async function* linkStates(
  subscription: Pick<Subscription, 'follow'>,
  stream: OpenStream,
  state: () => Promise<LinkState>,
): AsyncGenerator<string, void> {
  try {
    let told = await state();
    yield event('state', told);
    for await (const news of subscription.follow(stream.signal)) {
      const now = news ? await state() : told;
      const taken = stream.owe();
      // By itself a proxy would take silence for the end.
      yield news ? event('state', now) : ': quiet\n\n';
      taken();
      told = now;
      if (told.status === 'connected') break;
    }
  } catch (error) {
    if (!hasCode(error, 'not-found', 'link-page-ended')) return stream.fail(error);
    yield event('ended', { code: error.code });
  }
  stream.end(GONE);
}

const event = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
