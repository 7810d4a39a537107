import type { ChatId } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Flows } from '../../flows/flows.ts';
import type { Handoffs } from '../../flows/handoff.ts';
import { toChatId } from '../../messages/recipients.ts';
import type { ApiRequest, FindSession } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type { HandOff, RunsQuery } from '../shapes/flows.ts';

export function flowHandlers(
  flows: Pick<Flows, 'list' | 'get' | 'put' | 'remove' | 'check' | 'listRuns' | 'getRun'>,
  handoffs: Pick<Handoffs, 'get' | 'begin' | 'end'>,
  findSession: FindSession,
) {
  const chatOf = ({ chat = '' }: Record<string, string>): ChatId => toChatId(chat, 'chat');
  return {
    list: ({ tenantId, query }: ApiRequest<PageQuery>) => flows.list(tenantId, query),
    get: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.get(tenantId, name),
    put: ({ tenantId, params: { name = '' }, body }: ApiRequest<unknown, string>) => flows.put(tenantId, name, body),
    remove: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.remove(tenantId, name),
    async check({ tenantId, body }: ApiRequest<unknown, string>) {
      const errors = await flows.check(tenantId, body);
      return { ok: errors.length === 0, errors };
    },
    async listRuns({ tenantId, query: { session, ...query } }: ApiRequest<RunsQuery>) {
      const of = session === undefined ? {} : { sessionId: (await findSession(tenantId, session)).id };
      return flows.listRuns(tenantId, { ...query, ...of });
    },
    handoff: ({ target, params }: ApiRequest<unknown, unknown, SessionRef>) => handoffs.get(target, chatOf(params)),
    handOff: ({ target, params, body }: ApiRequest<unknown, HandOff, SessionRef>) => {
      const pause = body.pauseSeconds === undefined ? {} : { pause: body.pauseSeconds * 1_000 };
      return handoffs.begin(target, chatOf(params), { by: 'api', ...pause });
    },
    resume: ({ target, params }: ApiRequest<unknown, unknown, SessionRef>) => handoffs.end(target, chatOf(params)),
    getRun: ({ tenantId, params: { id = '' } }: ApiRequest) => flows.getRun(tenantId, id),
  };
}
