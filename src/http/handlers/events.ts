import { HooklineError } from '../../core/errors.ts';
import { envelope } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Subscription } from '../../ledger/subscription.ts';
import { eventStream } from '../live/event-stream.ts';
import type { Allowance, OpenStreams, Reader } from '../live/open-streams.ts';
import { serverSentEvents } from '../live/sse.ts';
import type { EventSockets } from '../live/websocket.ts';
import { type ApiRequest, type FindSession, Reply, type StreamReply, UpgradeReply } from '../route.ts';
import type { EventsQuery, LiveQuery } from '../shapes/events.ts';

interface Live {
  streams: Pick<OpenStreams, 'open'>;
  sockets: Pick<EventSockets, 'accept'>;
  allowanceOf(tenantId: TenantId): Promise<Allowance>;
}

export function eventHandlers(
  ledger: Pick<Ledger, 'page' | 'subscribe' | 'get'>,
  findSession: FindSession,
  { streams, sockets, allowanceOf }: Live,
) {
  const reader = async ({ tenantId, stillAllowed }: ApiRequest<LiveQuery>): Promise<Reader> => ({
    ...{ tenantId, stillAllowed },
    ...(await allowanceOf(tenantId)),
  });

  async function filter({ tenantId, query: { session, types } }: ApiRequest<LiveQuery>, after: string | undefined) {
    return { after, types, sessionId: session === undefined ? undefined : (await findSession(tenantId, session)).id };
  }

  async function subscribe(request: ApiRequest<LiveQuery>, after: string | undefined): Promise<Subscription> {
    const subscription = await ledger.subscribe(request.tenantId, await filter(request, after));
    if (!subscription) throw noSuchEvent(after);
    return subscription;
  }

  async function page(request: ApiRequest<EventsQuery>): Promise<Reply> {
    const { query } = request;
    const after = query.cursor ?? query.after;
    const { limit, order, search } = query;
    const found = await ledger.page(request.tenantId, { ...(await filter(request, after)), limit, order, search });
    if (!found) throw noSuchEvent(after);
    // The envelopes are text already, the same bytes as in the webhook.
    const body = `{"data":[${found.events.map(envelope).join(',')}],"nextCursor":${JSON.stringify(found.next)}${found.gap ? `,"gap":${JSON.stringify(found.gap)}` : ''}}`;
    return new Reply({ body, headers: JSON_TEXT });
  }

  async function stream(request: ApiRequest<EventsQuery>): Promise<StreamReply> {
    if (request.query.order === 'desc' || request.query.search !== undefined) {
      throw new HooklineError('bad-request', 'A stream goes on with what happens: leave "order" and "search" out, or ask for JSON.');
    }
    // A reader that comes back repeats the URL that it began with, and says where it is in the header.
    const after = request.header('last-event-id') || request.query.cursor || request.query.after;
    const subscription = await subscribe(request, after);
    const open = streams.open(await reader(request));
    return eventStream(open, serverSentEvents(subscription, open, { named: request.query.named }));
  }

  return {
    list: (request: ApiRequest<EventsQuery>): Promise<Reply | StreamReply> =>
      request.accepts('application/json', 'text/event-stream') === 'text/event-stream' ? stream(request) : page(request),

    async get({ tenantId, params: { id = '' } }: ApiRequest): Promise<Reply> {
      const event = await ledger.get(tenantId, id);
      if (!event) throw new HooklineError('not-found', `There is no event "${id}" here, or it is not kept any more.`);
      return new Reply({ body: envelope(event), headers: JSON_TEXT });
    },

    async connect(request: ApiRequest<LiveQuery>): Promise<UpgradeReply> {
      const subscription = await subscribe(request, request.query.after);
      const who = await reader(request);
      return new UpgradeReply((connection) => sockets.accept(connection, subscription, who));
    },
  };
}

const JSON_TEXT = { 'Content-Type': 'application/json; charset=utf-8' };

const noSuchEvent = (after: string | undefined): HooklineError =>
  new HooklineError('not-found', `There is no event "${after}" here to read on from.`);
