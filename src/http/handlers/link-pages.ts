import { HooklineError, hasCode } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LinkPages } from '../../link-pages/link-pages.ts';
import type { LinkPage } from '../../link-pages/store.ts';
import { LINK_PAGE_COOKIE } from '../auth.ts';
import { eventStream } from '../live/event-stream.ts';
import { linkStates } from '../live/link-states.ts';
import type { Allowance, OpenStreams } from '../live/open-streams.ts';
import { cookieIn, ownOrigin, setCookie } from '../own-page.ts';
import { type AppPages, appPage } from '../pages/app.ts';
import { type ApiRequest, Reply, type StreamReply } from '../route.ts';
import type { CreateLinkPage } from '../shapes/link-pages.ts';
import type { PairingCode, PasskeyAnswer, PasskeyConfirm } from '../shapes/sessions.ts';

interface Rest {
  ledger: Pick<Ledger, 'subscribe'>;
  streams: Pick<OpenStreams, 'open'>;
  allowanceOf(tenantId: TenantId): Promise<Allowance>;
  pages: Pick<AppPages, 'entry'>;
  now: () => number;
}

export function linkPageHandlers(
  linkPages: Pick<LinkPages, 'create' | 'find' | 'open' | 'state' | 'pair' | 'answerPasskey' | 'confirmPasskey' | 'startAnew' | 'enter'>,
  { ledger, streams, allowanceOf, pages, now }: Rest,
) {
  async function stream(request: ApiRequest): Promise<StreamReply> {
    const page = pageOf(request);
    // Before the first state is read: what changes after it is heard.
    const subscription = await ledger.subscribe(page.tenantId, { sessionId: page.sessionId, types: ['session.*'] });
    if (!subscription) throw new HooklineError('not-found', 'There is nothing to follow.');
    const { tenantId, stillAllowed } = request;
    const open = streams.open({ tenantId, stillAllowed, ...(await allowanceOf(tenantId)) });
    return eventStream(
      open,
      linkStates(subscription, open, () => linkPages.state(page)),
    );
  }

  return {
    async create({ target, body, header }: ApiRequest<unknown, CreateLinkPage, SessionRef>) {
      const { expiresInSeconds, ...wanted } = body;
      const { id, token, expiresAt } = await linkPages.create(target, { expiresIn: expiresInSeconds * 1_000, ...wanted });
      return { id, url: `${ownOrigin(header)}/link/${token}`, expiresAt };
    },

    /**
     * Looking at it opens nothing: who sends a link in a chat has it looked at by the programs that make previews. Its script
     * opens it.
     */
    async show({ params: { token = '' } }: ApiRequest): Promise<Reply> {
      const page = await linkPages.find(token).catch((error: unknown) => {
        if (hasCode(error, 'not-found', 'link-page-ended')) return error;
        throw error;
      });
      const entry = await pages.entry();
      if (page instanceof HooklineError) return appPage(entry, { page: 'link', problem: page.code, status: page.status });
      return appPage(entry, { page: 'link', locale: page.locale, frameAncestors: page.frameAncestors });
    },

    async open(request: ApiRequest): Promise<Reply> {
      const { header, params } = request;
      const page = pageOf(request);
      const { browser, state } = await linkPages.open(page, cookieIn(header, LINK_PAGE_COOKIE));
      const cookie = browser !== null && {
        ...{ name: LINK_PAGE_COOKIE, value: browser, path: `/link/${params.token}` },
        maxAge: Math.max(0, Math.ceil((page.expiresAt - now()) / 1_000)),
        // The link is followed from a message on another site: then `Strict` would hide who opened it.
        sameSite: page.frameAncestors.length > 0 ? ('None' as const) : ('Lax' as const),
      };
      const { redirectUrl, frameAncestors } = page;
      return new Reply({
        body: { state, redirectUrl, frameAncestors },
        headers: cookie ? { 'Set-Cookie': setCookie(cookie, header) } : {},
      });
    },

    state: (request: ApiRequest) =>
      request.accepts('application/json', 'text/event-stream') === 'text/event-stream' ? stream(request) : linkPages.state(pageOf(request)),

    pair: (request: ApiRequest<unknown, PairingCode>) => linkPages.pair(pageOf(request), request.body.phone),

    answerPasskey: (request: ApiRequest<unknown, PasskeyAnswer>) => linkPages.answerPasskey(pageOf(request), request.body.credential),

    confirmPasskey: (request: ApiRequest<unknown, PasskeyConfirm>) => linkPages.confirmPasskey(pageOf(request), request.body.matches),

    startAnew: (request: ApiRequest) => linkPages.startAnew(pageOf(request)),
  };
}

/** The page that the request comes from. */
export function pageOf({ principal }: ApiRequest): LinkPage {
  if (principal?.kind !== 'link-page') throw new Error('Only routes of link pages are for their guests.');
  return principal.page;
}
