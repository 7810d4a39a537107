import { HooklineError, hasCode } from '../../core/errors.ts';
import type { MediaId, TenantId } from '../../core/ids.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, mayDo } from '../../http/route.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { SessionView } from '../../sessions/view.ts';
import { onceThere } from '../sent.ts';
import { phoneOf } from './answers.ts';
import type { OnPhone } from './messages.ts';
import { type NodeQuery, type PhonesQuery, type TokenQuery, wrong } from './requests.ts';

export interface AccountPorts {
  sessions: Pick<Sessions, 'list' | 'get' | 'ref' | 'connect' | 'disconnect'>;
  ledger: Pick<Ledger, 'onAppend'>;
  /** As the request shows it. */
  keyOf(header: ApiRequest['header']): string | null;
  /** What is told of a file. */
  file(tenantId: TenantId, id: MediaId, header: ApiRequest['header']): Promise<object>;
  clock: Clock;
  /** For so long a phone that is to be registered is waited for. */
  answerWithin: Milliseconds;
}

/** Meta has one space of ids for all that there is. */
type Node = { kind: 'file'; id: MediaId } | { kind: 'account' } | ({ kind: 'phone' } & SessionRef);
type Params = Record<string, string>;

const PAGE = 200;
/** A person has to do something first. */
const LINKING = ['qr', 'pairing', 'passkey'];

const noSuch = (id: string): HooklineError =>
  new HooklineError(
    'not-found',
    `Object with ID '${id}' does not exist, or this key may not see it. It is the id of a session, a tenant or a file.`,
  );

/** What Meta calls the rights of a key, by those that they take here. */
const PERMISSIONS = [
  { name: 'whatsapp_business_messaging', takes: 'messages:send' },
  { name: 'whatsapp_business_management', takes: 'sessions:read' },
] as const;

export function accountHandlers({ sessions, ledger, keyOf, file, clock, answerWithin }: AccountPorts) {
  const phone = async (tenantId: TenantId, params: Params): Promise<SessionRef> => {
    const { id = '' } = params;
    return sessions.ref(tenantId, id).catch((error) => {
      throw hasCode(error, 'not-found') ? noSuch(id) : error;
    });
  };
  const account = async (tenantId: TenantId, params: Params): Promise<void> => {
    if (params.id !== tenantId) throw noSuch(params.id ?? '');
  };
  const isUp = ({ status }: SessionView): boolean => status === 'connected';

  return {
    targets: {
      phone,
      account,
      async file(_tenantId: TenantId, params: Params): Promise<MediaId> {
        if (!params.id?.startsWith('med_')) throw noSuch(params.id ?? '');
        return params.id as MediaId;
      },
      async node(tenantId: TenantId, params: Params): Promise<Node> {
        const { id = '' } = params;
        if (id.startsWith('med_')) return { kind: 'file', id: id as MediaId };
        if (id === tenantId) return { kind: 'account' };
        return { kind: 'phone', ...(await phone(tenantId, params)) };
      },
    },

    async node({ principal, tenantId, target, query, header }: ApiRequest<NodeQuery, unknown, Node>) {
      const scope = target.kind === 'file' ? 'messages:read' : 'sessions:read';
      if (!mayDo(principal, scope)) throw new HooklineError('forbidden', `This key lacks the scope "${scope}".`);
      switch (target.kind) {
        case 'file':
          return file(tenantId, target.id, header);
        case 'account':
          return { id: tenantId, name: tenantId };
        case 'phone':
          return phoneOf(await sessions.get(tenantId, target.id), query.fields);
      }
    },

    async phones({ tenantId, query }: ApiRequest<PhonesQuery>) {
      const data = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page = await sessions.list(tenantId, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
        data.push(...page.data.map((session) => phoneOf(session, query.fields)));
        cursor = page.nextCursor;
      }
      return { data, paging: {} };
    },

    templates: async () => ({ data: [] as object[], paging: {} }),

    async token({ tenantId, principal, query, header }: ApiRequest<TokenQuery>) {
      // Of other keys nothing is told, not even whether they are there.
      if (query.input_token !== keyOf(header)) throw wrong('input_token', 'must be the key that the request itself is made with');
      const scopes = PERMISSIONS.filter(({ takes }) => mayDo(principal, takes)).map(({ name }) => name);
      return {
        data: {
          ...{ app_id: tenantId, type: 'SYSTEM_USER', application: 'Hookline', is_valid: true, expires_at: 0, scopes },
          granular_scopes: scopes.map((scope) => ({ scope, target_ids: [tenantId] })),
        },
      };
    },

    /** The phone goes to work; it has to be linked before. */
    async register({ tenantId, target }: OnPhone) {
      await sessions.connect(tenantId, target.id);
      const session = await onceThere(
        () => sessions.get(tenantId, target.id),
        (now) => isUp(now) || LINKING.includes(now.status),
        ({ sessionId }) => sessionId === target.id,
        { ledger, clock, within: answerWithin },
      );
      if (isUp(session)) return { success: true };
      const { name, status } = session;
      const how = `link its phone first: GET /api/sessions/${name}/qr, or POST /api/sessions/${name}/link-pages`;
      throw new HooklineError('session-not-connected', `The session "${name}" is not connected (${status}); ${how}.`);
    },

    /** The phone rests, and stays linked. */
    async deregister({ tenantId, target }: OnPhone) {
      await sessions.disconnect(tenantId, target.id);
      return { success: true };
    },
  };
}
