import type { Sessions } from '../../sessions/sessions.ts';
import type { ApiRequest } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type { Ack, Disconnect, Faults, Happens, Receive, Scan } from '../shapes/sandbox.ts';

type OnSession<Body = unknown, Query = unknown> = ApiRequest<Query, Body, { id: string }>;

/** Plays the phone of a sandbox session. */
export function sandboxHandlers(sessions: Pick<Sessions, 'sandbox' | 'get'>) {
  const phone = ({ tenantId, target }: OnSession) => sessions.sandbox(tenantId, target.id);
  return {
    async scan(request: OnSession<Scan>) {
      await (await phone(request)).scan(request.body);
      return sessions.get(request.tenantId, request.target.id);
    },
    receive: async (request: OnSession<Receive>) => (await phone(request)).receive(request.body),
    happens: async (request: OnSession<Happens>) => (await phone(request)).happens(request.body),
    ack: async (request: OnSession<Ack>) => (await phone(request)).ack(request.body),
    disconnect: async (request: OnSession<Disconnect>) => (await phone(request)).disconnect(request.body),
    faults: async (request: OnSession<Faults>) => (await phone(request)).faults(request.body),
    outbox: async (request: OnSession<unknown, PageQuery>) => (await phone(request)).outbox(request.query),
  };
}
