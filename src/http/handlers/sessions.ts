import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { qrImage } from '../../sessions/supervision/qr.ts';
import { type ApiRequest, Reply } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';
import type {
  Backup,
  CreateSession,
  PairingCode,
  PasskeyAnswer,
  PasskeyConfirm,
  QrQuery,
  RestoreQuery,
  UpdateSession,
} from '../shapes/sessions.ts';

type OnSession<Body = unknown> = ApiRequest<unknown, Body, SessionRef>;

/** By the format that is asked for: what is sent, and as what. */
const IMAGES = { png: 'image/png', svg: 'image/svg+xml', text: 'text/plain' } as const;
const FORMATS = { 'application/json': 'json', 'image/png': 'png', 'image/svg+xml': 'svg', 'text/plain': 'text' } as const;

export function sessionHandlers(
  sessions: Pick<
    Sessions,
    | 'create'
    | 'list'
    | 'get'
    | 'update'
    | 'destroy'
    | 'connect'
    | 'disconnect'
    | 'restart'
    | 'logout'
    | 'qr'
    | 'pair'
    | 'passkey'
    | 'answerPasskey'
    | 'confirmPasskey'
    | 'screenshot'
    | 'ref'
    | 'backup'
    | 'restore'
  >,
) {
  return {
    target: (tenantId: TenantId, { id = '' }: Record<string, string>): Promise<SessionRef> => sessions.ref(tenantId, id),
    async create({ tenantId, body }: ApiRequest<unknown, CreateSession>): Promise<Reply> {
      const { session, created } = await sessions.create(tenantId, body);
      return new Reply({ status: created ? 201 : 200, body: session });
    },
    list: ({ tenantId, query }: ApiRequest<PageQuery>) => sessions.list(tenantId, query),
    get: ({ tenantId, target }: OnSession) => sessions.get(tenantId, target.id),
    update: ({ tenantId, target, body }: OnSession<UpdateSession>) => sessions.update(tenantId, target.id, body),
    remove: ({ tenantId, target }: OnSession) => sessions.destroy(tenantId, target.id),
    connect: ({ tenantId, target }: OnSession) => sessions.connect(tenantId, target.id),
    disconnect: ({ tenantId, target }: OnSession) => sessions.disconnect(tenantId, target.id),
    restart: ({ tenantId, target }: OnSession) => sessions.restart(tenantId, target.id),
    logout: ({ tenantId, target }: OnSession) => sessions.logout(tenantId, target.id),
    async backup({ tenantId, target }: OnSession): Promise<Reply> {
      const { size, bytes } = await sessions.backup(tenantId, target.id);
      const headers = {
        'Content-Type': 'application/octet-stream',
        'Content-Length': String(size),
        // A session's name has nothing in it that a quoted string would have to escape.
        'Content-Disposition': `attachment; filename="${target.name}.hookline-backup"`,
      };
      return new Reply({ body: bytes, headers });
    },
    async restore({ principal, tenantId, target, query, body }: ApiRequest<RestoreQuery, Backup, SessionRef>) {
      if (query.from !== undefined && principal?.kind !== 'admin') {
        throw new HooklineError('forbidden', 'Only the operator may carry a login from one tenant to another, with the adminKey.');
      }
      return sessions.restore(tenantId, target.id, body, query.from as TenantId | undefined);
    },
    pair: ({ tenantId, target, body }: OnSession<PairingCode>) => sessions.pair(tenantId, target.id, body.phone),
    passkey: ({ tenantId, target }: OnSession) => sessions.passkey(tenantId, target.id),
    answerPasskey: ({ tenantId, target, body }: OnSession<PasskeyAnswer>) => sessions.answerPasskey(tenantId, target.id, body.credential),
    confirmPasskey: ({ tenantId, target, body }: OnSession<PasskeyConfirm>) => sessions.confirmPasskey(tenantId, target.id, body.matches),
    async screenshot({ tenantId, target }: OnSession): Promise<Reply> {
      return new Reply({ body: Buffer.from(await sessions.screenshot(tenantId, target.id)), headers: { 'Content-Type': 'image/png' } });
    },
    async qr({ tenantId, target, query, accepts }: ApiRequest<QrQuery, unknown, SessionRef>): Promise<Reply> {
      const accepted = accepts(...Object.keys(FORMATS)) as keyof typeof FORMATS | null;
      const format = query.format ?? (accepted && FORMATS[accepted]);
      if (!format) throw new HooklineError('not-acceptable', `A QR code comes as ${Object.keys(FORMATS).join(', ')}.`);
      const qr = await sessions.qr(tenantId, target.id);
      if (format === 'json') return new Reply({ body: qr });
      const body = await qrImage(qr.code, format);
      return new Reply({ body, headers: { 'Content-Type': IMAGES[format] } });
    },
  };
}
