import { HooklineError, hasCode } from '../../core/errors.ts';
import type { SessionRef } from '../../core/session.ts';
import type { LinkPages } from '../../link-pages/link-pages.ts';
import type { NewPasskeyToken, PasskeyTokens } from '../../link-pages/passkey-tokens.ts';
import type { PasskeyToken } from '../../link-pages/passkey-tokens-store.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import { ownOrigin } from '../own-page.ts';
import { type AppPages, appPage } from '../pages/app.ts';
import { passkeySnippet } from '../pages/passkey-snippet.ts';
import { type ApiRequest, Reply } from '../route.ts';
import type { SignedPasskey } from '../shapes/link-pages.ts';
import { pageOf } from './link-pages.ts';

interface Rooms {
  tokens: Pick<PasskeyTokens, 'create' | 'find' | 'request'>;
  linkPages: Pick<LinkPages, 'passkeyToken'>;
  sessions: Pick<Sessions, 'answerPasskey'>;
  pages: Pick<AppPages, 'entry' | 'extension'>;
}

/** How a passkey is asked to sign in a browser that has neither a key nor the cookie of a link page. */
export function passkeyTokenHandlers({ tokens, linkPages, sessions, pages }: Rooms) {
  return {
    create: async ({ target, header }: ApiRequest<unknown, unknown, SessionRef>) => shown(await tokens.create(target), header),

    createOnPage: async (request: ApiRequest) => shown(await linkPages.passkeyToken(pageOf(request)), request.header),

    async show({ params: { token = '' } }: ApiRequest): Promise<Reply> {
      const problem = await tokens.find(token).then(
        () => null,
        (error: unknown) => {
          if (error instanceof HooklineError && hasCode(error, 'not-found', 'passkey-expired')) return error;
          throw error;
        },
      );
      const entry = await pages.entry();
      return appPage(entry, { page: 'passkey', ...(problem && { problem: problem.code, status: problem.status }) });
    },

    async request({ params: { token = '' }, header, ...request }: ApiRequest) {
      const passkey = passkeyOf(request);
      const asked = await tokens.request(passkey);
      return { publicKey: asked.publicKey, ...shown({ id: passkey.id, token, ...asked }, header) };
    },

    async answer(request: ApiRequest<unknown, SignedPasskey>): Promise<void> {
      const passkey = passkeyOf(request);
      await tokens.request(passkey);
      await sessions.answerPasskey(passkey.tenantId, passkey.sessionId, request.body.credential);
    },

    async extension(): Promise<Reply> {
      const body = await pages.extension();
      return new Reply({
        body,
        headers: { 'Content-Type': 'application/zip', 'Content-Disposition': 'attachment; filename="hookline-extension.zip"' },
      });
    },
  };
}

/** Both ways to sign. */
function shown({ id, token, publicKey, expiresAt }: NewPasskeyToken, header: ApiRequest['header']) {
  const hub = ownOrigin(header);
  const url = `${hub}/passkey/${token}`;
  return { id, url, snippet: passkeySnippet(publicKey, url), extensionUrl: `${hub}/extension.zip`, expiresAt };
}

function passkeyOf({ principal }: Pick<ApiRequest, 'principal'>): PasskeyToken {
  if (principal?.kind !== 'passkey-token') throw new Error('Only routes of passkey tokens are for who holds one.');
  return principal.passkey;
}
