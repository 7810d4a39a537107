import { HooklineError } from '../../core/errors.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, mayDo } from '../../http/route.ts';
import type { Endpoints } from '../../webhooks/endpoints/endpoints.ts';

const PAGE = 200;

/**
 * The one URL that a session has there: an endpoint of this dialect that hears of that session alone. What is given at a start takes the place
 * of what was; with none the former goes on.
 */
export const webhookOf =
  (endpoints: Pick<Endpoints, 'list' | 'create' | 'update'>) =>
  async (
    { tenantId, principal }: Pick<ApiRequest, 'tenantId' | 'principal'>,
    session: Pick<SessionRef, 'id'>,
    url: string,
  ): Promise<void> => {
    if (!mayDo(principal, 'webhooks:write')) throw new HooklineError('forbidden', 'This key lacks the scope "webhooks:write".');
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await endpoints.list(tenantId, { limit: PAGE, ...(cursor && { cursor }) });
      const there = page.data.find(
        ({ dialect, sessions }) => dialect === 'wppconnect' && sessions.length === 1 && sessions[0] === session.id,
      );
      if (there) {
        if (there.url !== url) await endpoints.update(tenantId, there.id, { url });
        return;
      }
      cursor = page.nextCursor;
    }
    await endpoints.create(tenantId, { url, sessions: [session.id], dialect: 'wppconnect' });
  };
