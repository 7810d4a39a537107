import { HooklineError, hasCode } from '../../core/errors.ts';
import { newId, type TenantId } from '../../core/ids.ts';
import type { Clock } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, Reply } from '../../http/route.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { qrImage } from '../../sessions/supervision/qr.ts';
import type { SessionView } from '../../sessions/view.ts';
import { needNothingElse } from '../requests.ts';
import { allSessions } from '../sessions.ts';
import { meOf, sessionOf, statusOf } from './answers.ts';
import type { hooksOf } from './hooks.ts';
import { type CodeQuery, type Create, checkSettings, type ListQuery, type RequestCode, type Update } from './requests.ts';

export interface SessionPorts {
  sessions: Pick<
    Sessions,
    'create' | 'list' | 'get' | 'ref' | 'connect' | 'disconnect' | 'restart' | 'logout' | 'destroy' | 'qr' | 'pair' | 'screenshot'
  >;
  clock: Clock;
  hooks: ReturnType<typeof hooksOf>;
}

export type OnSession<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

const ENGINES = { WPP: 'wppconnect', SANDBOX: 'sandbox' } as const;
/** As it names what nobody has named. */
const DEFAULT = 'default';

const pngReply = ({ accepts }: Pick<ApiRequest, 'accepts'>, png: Buffer): Reply =>
  accepts('image/png', 'application/json') === 'application/json'
    ? new Reply({ body: { mimetype: 'image/png', data: png.toString('base64') } })
    : new Reply({ body: png, headers: { 'Content-Type': 'image/png' } });

export function sessionHandlers({ sessions, clock, hooks }: SessionPorts) {
  const told = async (request: Pick<ApiRequest, 'tenantId' | 'principal'>, session: SessionView) =>
    sessionOf(session, (await hooks.shown(request))(session));
  const shown = async (request: OnSession) => told(request, await sessions.get(request.tenantId, request.target.id));
  const does = (command: 'connect' | 'disconnect' | 'restart' | 'logout') => async (request: OnSession) =>
    told(request, await sessions[command](request.tenantId, request.target.id));

  return {
    target: (tenantId: TenantId, { id = '' }: Record<string, string>): Promise<SessionRef> =>
      sessions.ref(tenantId, id || DEFAULT).catch((error) => {
        if (hasCode(error, 'not-found')) throw new HooklineError('not-found', 'Session not found');
        throw error;
      }),

    async create(request: ApiRequest<unknown, Create>) {
      const { tenantId, body } = request;
      checkSettings(body);
      // An id of a session cannot be the name of one.
      const name = body.name || newId('ses', clock.now()).replace('ses_', 'session_');
      const engine = body.engine ? { engine: ENGINES[body.engine] } : {};
      const { session } = await sessions.create(tenantId, { name, ...engine, start: false }).catch((error) => {
        if (!hasCode(error, 'session-exists')) throw error;
        throw new HooklineError('session-exists', `Session '${name}' already exists. Use PUT to update it.`);
      });
      // Its webhooks hear of it from the beginning; where they cannot be had, there is nothing of it.
      await hooks.put(request, session, body.config?.webhooks ?? []).catch(async (error) => {
        await hooks.remove(session);
        await sessions.destroy(tenantId, session.id);
        throw error;
      });
      return told(request, body.start === false ? session : await sessions.connect(tenantId, session.id));
    },
    async update(request: OnSession<Update>) {
      const { body, target } = request;
      checkSettings(body);
      if (body.config) await hooks.put(request, target, body.config.webhooks ?? []);
      return shown(request);
    },
    async list(request: ApiRequest<ListQuery>) {
      const hooksOf = await hooks.shown(request);
      const all = (await allSessions(sessions, request.tenantId)).map((session) => sessionOf(session, hooksOf(session)));
      return request.query.all ? all : all.filter(({ status }) => status !== 'STOPPED');
    },
    get: shown,
    async me({ tenantId, target }: OnSession) {
      return meOf(await sessions.get(tenantId, target.id));
    },
    async remove({ tenantId, target }: OnSession) {
      await sessions.destroy(tenantId, target.id);
      await hooks.remove(target);
      return {};
    },
    start: does('connect'),
    stop: does('disconnect'),
    restart: does('restart'),
    logout: does('logout'),

    async code({ tenantId, target, query, accepts }: OnSession<unknown, CodeQuery>): Promise<Reply> {
      const { code } = await sessions.qr(tenantId, target.id).catch(async (error) => {
        if (!hasCode(error, 'qr-unavailable')) throw error;
        const status = statusOf(await sessions.get(tenantId, target.id));
        throw new HooklineError(
          'qr-unavailable',
          `Can't get QR code: the session is ${status}, and not SCAN_QR_CODE. Start it, and try again.`,
        );
      });
      if (query.format === 'raw') return new Reply({ body: { value: code } });
      return pngReply({ accepts }, (await qrImage(code, 'png')) as Buffer);
    },
    async requestCode({ tenantId, target, body }: OnSession<RequestCode>) {
      needNothingElse(body, { method: 'the code is typed on the phone: WhatsApp sends none to a linked device' });
      const { code } = await sessions.pair(tenantId, target.id, body.phoneNumber.replace(/\D/g, ''));
      return { code };
    },
    async screenshot({ tenantId, target, accepts }: OnSession): Promise<Reply> {
      return pngReply({ accepts }, Buffer.from(await sessions.screenshot(tenantId, target.id)));
    },
  };
}
