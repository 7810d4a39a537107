import { HooklineError, hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Clock } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { type ApiRequest, Reply } from '../../http/route.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { qrImage } from '../../sessions/supervision/qr.ts';
import type { SessionView } from '../../sessions/view.ts';
import { allSessions, onceThereIsACode } from '../sessions.ts';
import { stateOf, statusOf } from './answers.ts';
import { checkSettings, type Start } from './requests.ts';
import type { webhookOf } from './webhook.ts';

export interface SessionPorts {
  sessions: Pick<Sessions, 'create' | 'list' | 'get' | 'ref' | 'destroy' | 'connect' | 'disconnect' | 'logout' | 'qr' | 'pair'>;
  /** The key that a request shows. */
  keyOf(header: ApiRequest['header']): string | null;
  /** See webhook.ts. */
  setWebhook: ReturnType<typeof webhookOf>;
  clock: Clock;
}

export type OnSession<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

const CLOSED = { status: true, message: 'Session successfully closed' };

export function sessionHandlers({ sessions, keyOf, setWebhook, clock }: SessionPorts) {
  const find = (tenantId: TenantId, { id = '' }: Record<string, string>): Promise<SessionRef> =>
    sessions.ref(tenantId, id).catch((error) => {
      if (hasCode(error, 'not-found'))
        throw new HooklineError('not-found', `There is no session "${id}": start it by POST /api/${id}/start-session`);
      throw error;
    });
  const codeOf = (tenantId: TenantId, { id, status }: SessionView) =>
    status !== 'qr'
      ? null
      : sessions.qr(tenantId, id).catch((error) => {
          if (hasCode(error, 'qr-unavailable')) return null;
          throw error;
        });

  return {
    target: find,
    /** One that is not there is made when it is started. */
    targetToStart: (tenantId: TenantId, params: Record<string, string>): Promise<SessionRef | null> =>
      find(tenantId, params).catch((error) => {
        if (hasCode(error, 'not-found')) return null;
        throw error;
      }),

    /** Who asks has shown a key: that is the token. None is made here, and none is taken out of the path. */
    async token({ params: { id = '' }, header }: ApiRequest) {
      const token = keyOf(header);
      if (token === null) throw new HooklineError('bad-request', 'Show your key as "Authorization: Bearer KEY": it is the token.');
      return { status: 'success', session: id, token, full: `${id}:${token}` };
    },
    async list({ tenantId }: ApiRequest) {
      return { response: (await allSessions(sessions, tenantId)).map(({ name }) => name) };
    },

    async start(request: ApiRequest<unknown, Start, SessionRef | null>) {
      const { tenantId, target, params, body } = request;
      checkSettings(body);
      const { id = '' } = params;
      const engine = body.engine ? { engine: body.engine } : {};
      const { id: sessionId } =
        target ?? (await sessions.create(tenantId, { name: id, ...engine, start: false, onConflict: 'use' })).session;
      // It hears of the session from the beginning; where it cannot be had, there is nothing of a new one.
      if (body.webhook) {
        await setWebhook(request, { id: sessionId }, body.webhook).catch(async (error) => {
          if (!target) await sessions.destroy(tenantId, sessionId);
          throw error;
        });
      }
      const session = await sessions.connect(tenantId, sessionId);
      const { name } = session;
      const qr = body.waitQrCode ? await onceThereIsACode(sessions, session, clock) : null;
      if (qr && body.phone) {
        const { code: phoneCode } = await sessions.pair(tenantId, session.id, body.phone.replace(/\D/g, ''));
        return { status: 'phoneCode', phone: body.phone, phoneCode, session: name };
      }
      if (qr) return { status: 'qrcode', qrcode: qr.dataUrl.replace(/^data:image\/png;base64,/, ''), urlcode: qr.code, session: name };
      const now = await sessions.get(tenantId, session.id);
      return stateOf(now, await codeOf(tenantId, now));
    },
    async state({ tenantId, target }: OnSession) {
      const session = await sessions.get(tenantId, target.id);
      return stateOf(session, await codeOf(tenantId, session));
    },
    async isConnected({ tenantId, target }: OnSession) {
      const isConnected = statusOf(await sessions.get(tenantId, target.id)) === 'CONNECTED';
      return { status: isConnected, message: isConnected ? 'Connected' : 'Disconnected' };
    },
    async code({ tenantId, target }: OnSession) {
      const session = await sessions.get(tenantId, target.id);
      const qr = await codeOf(tenantId, session);
      if (!qr) return { status: statusOf(session), message: 'QRCode is not available...' };
      return new Reply({ body: await qrImage(qr.code, 'png'), headers: { 'Content-Type': 'image/png' } });
    },
    async close({ tenantId, target }: OnSession) {
      await sessions.disconnect(tenantId, target.id);
      return CLOSED;
    },
    async logout({ tenantId, target }: OnSession) {
      await sessions.logout(tenantId, target.id);
      return CLOSED;
    },
  };
}
