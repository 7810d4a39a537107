import { HooklineError } from '../../core/errors.ts';
import type { SignIns } from '../../tenants/sign-ins.ts';
import { presentedKey, SIGN_IN_COOKIE } from '../auth.ts';
import { cookieIn, needOwnPage, setCookie } from '../own-page.ts';
import { type AppPages, appPage } from '../pages/app.ts';
import { type ApiRequest, Reply } from '../route.ts';

export function dashboardHandlers(pages: AppPages, signIns: Pick<SignIns, 'create' | 'createOperator' | 'end'>) {
  const cookie = (value: string, maxAge: number) => ({ name: SIGN_IN_COOKIE, value, path: '/', maxAge, sameSite: 'Strict' as const });

  return {
    app: async () => appPage(await pages.entry(), { page: 'app' }),

    async asset({ params: { file = '' }, header }: ApiRequest): Promise<Reply> {
      const found = await pages.file(file);
      if (!found) throw new HooklineError('not-found', `There is no file "${file}" here.`);
      const isCompressed = /(?:^|[\s,])br(?:[\s,;]|$)/.test(header('accept-encoding') ?? '');
      return new Reply({
        body: isCompressed ? found.brotli : found.plain,
        headers: {
          'Content-Type': found.type,
          // Its name tells what is in it.
          'Cache-Control': 'public, max-age=31536000, immutable',
          Vary: 'Accept-Encoding',
          ...(isCompressed && { 'Content-Encoding': 'br' }),
        },
      });
    },

    /** The key comes in the header as everywhere, once; a browser that is signed in is not signed in for longer by itself. */
    async signIn(request: ApiRequest): Promise<Reply> {
      const { header } = request;
      needOwnPage('POST', header);
      const who = whoIs(request);
      if (presentedKey(header) === null) throw new HooklineError('unauthorized', 'Send your API key as "Authorization: Bearer KEY".');
      const { secret, lasts } = who.kind === 'operator' ? await signIns.createOperator() : await signIns.create(who.id);
      return new Reply({ body: who, headers: { 'Set-Cookie': setCookie(cookie(secret, lasts / 1_000), header) } });
    },

    signedIn: async (request: ApiRequest) => whoIs(request),

    async signOut({ header }: ApiRequest): Promise<Reply> {
      const secret = cookieIn(header, SIGN_IN_COOKIE);
      if (secret !== undefined) await signIns.end(secret);
      return new Reply({ headers: { 'Set-Cookie': setCookie(cookie('', 0), header) } });
    },
  };
}

/** Whose key it is, for a page that shows what it may do. */
function whoIs({ principal }: ApiRequest) {
  if (principal?.kind === 'admin') return { kind: 'operator' as const };
  if (principal?.kind === 'tenant') {
    const { keyId: id, tenantId, name, scopes } = principal;
    return { kind: 'key' as const, id, tenantId, name, scopes };
  }
  throw new HooklineError('forbidden', 'Sign in with the key of a tenant, or of the operator.');
}
