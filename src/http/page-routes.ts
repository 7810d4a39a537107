import { PASSKEY_ORIGIN } from '../sessions/passkey.ts';
import type { dashboardHandlers } from './handlers/dashboard.ts';
import type { guideHandler } from './handlers/guide.ts';
import type { linkPageHandlers } from './handlers/link-pages.ts';
import type { passkeyTokenHandlers } from './handlers/passkey-tokens.ts';
import { type Route, under } from './route.ts';
import { SignedPasskey } from './shapes/link-pages.ts';
import { PairingCode, PasskeyAnswer, PasskeyConfirm } from './shapes/sessions.ts';

export interface PageHandlers {
  guide: ReturnType<typeof guideHandler>;
  linkPages: ReturnType<typeof linkPageHandlers>;
  passkeyTokens: ReturnType<typeof passkeyTokenHandlers>;
  dashboard: ReturnType<typeof dashboardHandlers>;
}

/** The operator signs in as nobody's. */
const WHOEVER = { acrossTenants: true };

/**
 * The pages with a script, and what their scripts alone ask for: no part of the outside contract, and not in /openapi.json. All
 * else the dashboard asks of /api.
 */
export function pageTable({ guide, linkPages, passkeyTokens, dashboard }: PageHandlers): Route[] {
  const root = under('');
  const link = under('/link/:token');
  const passkey = under('/passkey/:token');
  return [
    root('public', 'GET', '/docs/*page', 200, 'A page of the documentation', guide),
    root('public', 'GET', '/assets/:file', 200, 'A file of the pages', dashboard.asset),

    link('public', 'GET', '', 200, 'The page to link a phone on', linkPages.show),
    link('link-token', 'POST', '/open', 200, 'Open it in this browser', linkPages.open),
    link('link-page', 'GET', '/state', 200, 'What it shows, at once or live', linkPages.state),
    link('link-page', 'POST', '/pairing-code', 200, 'A code to type instead of scanning', linkPages.pair, {
      body: PairingCode,
      makesEvents: true,
    }),
    link('link-page', 'POST', '/passkey', 200, 'Hand over what the passkey signed', linkPages.answerPasskey, {
      body: PasskeyAnswer,
      makesEvents: true,
    }),
    link('link-page', 'POST', '/passkey/confirm', 200, 'Whether the code is that on the phone', linkPages.confirmPasskey, {
      body: PasskeyConfirm,
      makesEvents: true,
    }),
    link('link-page', 'POST', '/restart', 200, 'Begin anew with a QR code', linkPages.startAnew, { makesEvents: true }),
    link('link-page', 'POST', '/passkey/tokens', 201, 'Let another browser sign', passkeyTokens.createOnPage),

    passkey('public', 'GET', '', 200, 'The page to sign from', passkeyTokens.show),
    passkey('passkey-token', 'GET', '/request', 200, 'What is to be signed', passkeyTokens.request),
    passkey('passkey-token', 'POST', '/answer', 204, 'Hand over what was signed', passkeyTokens.answer, {
      body: SignedPasskey,
      makesEvents: true,
      // The snippet runs there.
      cors: PASSKEY_ORIGIN,
    }),
    root('public', 'GET', '/extension.zip', 200, 'The extension that signs', passkeyTokens.extension),

    root('any-key', 'GET', '/dashboard/sign-in', 200, 'Who is signed in', dashboard.signedIn, WHOEVER),
    root('any-key', 'POST', '/dashboard/sign-in', 200, 'Sign in with a key', dashboard.signIn, WHOEVER),
    root('any-key', 'DELETE', '/dashboard/sign-in', 204, 'Sign out', dashboard.signOut, WHOEVER),
    root('public', 'GET', '/', 200, 'What a person sees first: to sign in, or the day at a glance', dashboard.app),
    // Which of its pages it is, its script reads from the address.
    root('public', 'GET', '/dashboard{/*page}', 200, 'The pages of whoever is signed in', dashboard.app),
  ];
}
