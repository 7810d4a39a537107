import { hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { FlowSecrets } from '../../flows/catalogue/secrets.ts';
import type { Flows } from '../../flows/flows.ts';
import { jsonSchema } from '../../flows/language/schema.ts';
import type { ChatTexts } from '../../flows/runtime/chat-texts.ts';
import type { Handoffs } from '../../flows/runtime/handoff.ts';
import type { OptOuts } from '../../flows/runtime/opt-outs.ts';
import type { WhyNoReply } from '../../flows/runtime/why-no-reply.ts';
import { testSchema } from '../../flows/simulator/test-file.ts';
import type { Coverage } from '../../flows/simulator/test-runner.ts';
import type { AddressBook } from '../../messages/addresses/address-book.ts';
import { toChatId } from '../../messages/recipients.ts';
import { keyOf } from '../idempotency.ts';
import { type ApiRequest, Reply } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type { ExplainQuery, HandOff, PutQuery, RunsQuery, SecretBody, Simulate, StartFlow, TestFlow, TextsQuery } from '../shapes/flows.ts';

type OfChat<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

export function flowHandlers(
  {
    flows,
    handoffs,
    optOuts,
    secrets,
    explanations,
    chatTexts,
    addresses,
  }: {
    flows: Pick<
      Flows,
      | 'list'
      | 'fileFaults'
      | 'get'
      | 'listRevisions'
      | 'getRevision'
      | 'put'
      | 'remove'
      | 'check'
      | 'format'
      | 'listRuns'
      | 'getRun'
      | 'start'
      | 'simulate'
      | 'test'
      | 'tests'
      | 'putTests'
      | 'removeTests'
    >;
    handoffs: Pick<Handoffs, 'list' | 'get' | 'begin' | 'end'>;
    optOuts: Pick<OptOuts, 'list' | 'get' | 'set'>;
    secrets: Pick<FlowSecrets, 'set' | 'remove' | 'list'>;
    explanations: Pick<WhyNoReply, 'explain'>;
    chatTexts: Pick<ChatTexts, 'list'>;
    addresses: Pick<AddressBook, 'names' | 'knownAs'>;
  },
  findSession: (tenantId: TenantId, idOrName: string) => Promise<SessionRef>,
) {
  const chatOf = async (session: SessionRef, chat = ''): Promise<ChatId> => addresses.knownAs(session, toChatId(chat, 'chat'));
  let schema: object | undefined;
  let tests: object | undefined;
  return {
    target: (tenantId: TenantId, { name = '' }: Record<string, string>) => flows.get(tenantId, name),
    /** As `target`, for a route that can also do with a flow that is not kept. */
    draft: (tenantId: TenantId, { name = '' }: Record<string, string>) =>
      flows.get(tenantId, name).catch((error: unknown) => {
        if (hasCode(error, 'not-found')) return null;
        throw error;
      }),
    async testSchema() {
      tests ??= testSchema();
      return tests;
    },
    async schema() {
      schema ??= jsonSchema();
      return schema;
    },
    list: ({ tenantId, query }: ApiRequest<PageQuery>) => flows.list(tenantId, query),
    files: async ({ tenantId }: ApiRequest) => flows.fileFaults(tenantId),
    get: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.get(tenantId, name),
    listRevisions: ({ tenantId, params: { name = '' }, query }: ApiRequest<PageQuery>) => flows.listRevisions(tenantId, name, query),
    getRevision: ({ tenantId, params: { name = '', revision } }: ApiRequest) => flows.getRevision(tenantId, name, Number(revision)),
    put: ({ tenantId, params: { name = '' }, query, body }: ApiRequest<PutQuery, string>) => flows.put(tenantId, name, body, query),
    remove: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.remove(tenantId, name),
    async check({ tenantId, body }: ApiRequest<unknown, string>) {
      const { faults, warnings, graph } = await flows.check(tenantId, body);
      return { ok: faults.length === 0, errors: faults, warnings, graph };
    },
    async format({ tenantId, body }: ApiRequest<unknown, string>) {
      return { source: await flows.format(tenantId, body) };
    },
    simulate: ({ tenantId, params: { name = '' }, body: { messages = [], chat, ...body } }: ApiRequest<unknown, Simulate>) =>
      flows.simulate(tenantId, name, { ...body, chat: chat ?? messages.map((user) => ({ user })) }),
    tests: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.tests(tenantId, name),
    putTests: ({ tenantId, params: { name = '' }, body }: ApiRequest<unknown, string>) => flows.putTests(tenantId, name, body),
    removeTests: ({ tenantId, params: { name = '' } }: ApiRequest) => flows.removeTests(tenantId, name),
    async test({ tenantId, params: { name = '' }, body }: ApiRequest<unknown, TestFlow>) {
      const { results, coverage } = await flows.test(tenantId, name, body);
      const own = coverage[0] as Coverage;
      return { ok: results.every(({ failures }) => failures.length === 0), results, coverage: own };
    },
    async start({ tenantId, params: { name = '' }, body: { session, chat, data = {} }, header }: ApiRequest<unknown, StartFlow>) {
      const found = await findSession(tenantId, session);
      const asked = { flow: name, data, idempotencyKey: keyOf(header) };
      const { chat: chatId, replayed } = await flows.start(found, await chatOf(found, chat), asked);
      const body = { flow: name, sessionId: found.id, chat: chatId, status: 'requested' };
      return new Reply({ body, headers: replayed ? { 'Idempotent-Replayed': 'true' } : {} });
    },
    async listRuns({ tenantId, query: { session, ...query } }: ApiRequest<RunsQuery>) {
      const of = session === undefined ? {} : { sessionId: (await findSession(tenantId, session)).id };
      return flows.listRuns(tenantId, { ...query, ...of });
    },
    getRun: ({ tenantId, params: { id = '' } }: ApiRequest) => flows.getRun(tenantId, id),
    listSecrets: ({ tenantId, query }: ApiRequest<PageQuery>) => secrets.list(tenantId, query),
    setSecret: ({ tenantId, params: { name = '' }, body }: ApiRequest<unknown, SecretBody>) => secrets.set(tenantId, name, body.value),
    removeSecret: ({ tenantId, params: { name = '' } }: ApiRequest) => secrets.remove(tenantId, name),
    listHandoffs: ({ target, query }: ApiRequest<PageQuery, unknown, SessionRef>) => handoffs.list(target, query),
    async handoff({ target, params }: OfChat) {
      return handoffs.get(target, await chatOf(target, params.chat));
    },
    async handOff({ target, params, body }: OfChat<HandOff>) {
      const pause = body.pauseSeconds === undefined ? {} : { pause: body.pauseSeconds * 1_000 };
      return handoffs.begin(target, await chatOf(target, params.chat), { by: 'api', ...pause });
    },
    async resume({ target, params }: OfChat) {
      return handoffs.end(target, await chatOf(target, params.chat));
    },
    listOptOuts: ({ tenantId, query }: ApiRequest<PageQuery>) => optOuts.list(tenantId, query),
    async optOut({ target, params }: OfChat) {
      return optOuts.get(target, await chatOf(target, params.chat));
    },
    async setOptOut({ target, params }: OfChat) {
      return optOuts.set(target, await chatOf(target, params.chat), true);
    },
    async removeOptOut({ target, params }: OfChat) {
      return optOuts.set(target, await chatOf(target, params.chat), false);
    },
    async listTexts({ target, params: { chat = '' }, query }: OfChat<unknown, TextsQuery>) {
      return chatTexts.list(target, await addresses.names(target.tenantId, toChatId(chat, 'chat')), query);
    },
    async explain({ target, params: { chat = '' }, query }: OfChat<unknown, ExplainQuery>) {
      return explanations.explain(target, await addresses.names(target.tenantId, toChatId(chat, 'chat')), query.message);
    },
  };
}
