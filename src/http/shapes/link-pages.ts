import { z } from 'zod';
import { Time } from './common.ts';
import { Credential } from './sessions.ts';

const DAY = 86_400;
const MOST_ANCESTORS = 10;

/** https, or http for whoever tries it out: what a browser may be sent to or framed by. */
function webUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && ['https:', 'http:'].includes(url.protocol) && url.username === '' && url.password === '' ? url : null;
}

const RedirectUrl = z
  .string()
  .max(2_048)
  .refine((text) => webUrl(text) !== null, 'is no URL that begins with https:// or http://, or holds a password')
  .openapi({ description: 'Where the person is sent once the phone is linked', example: 'https://shop.example/linked' });

const Origin = z
  .string()
  .max(300)
  .refine((text) => webUrl(text)?.origin === text, 'is no origin; give scheme, host and port alone, such as https://shop.example')
  .openapi({ example: 'https://shop.example' });

export const CreateLinkPage = z.strictObject({
  expiresInSeconds: z.number().int().min(60).max(DAY).default(3_600),
  locale: z.enum(['en', 'pt', 'es']).optional().openapi({ description: 'Language of the page; else the one of the browser, or English' }),
  redirectUrl: RedirectUrl.optional(),
  frameAncestors: z
    .array(Origin)
    .max(MOST_ANCESTORS)
    .optional()
    .openapi({ description: 'Origins whose pages may show it in a frame, and are told by postMessage when the phone is linked' }),
});

export const LinkPage = z
  .object({
    id: z.string().openapi({ description: 'By it the audit log names the page' }),
    url: z.string().openapi({
      description: 'For the person who has the phone, and shown this once: it opens in one browser, and ends when the phone is linked',
      example: 'https://hub.example/link/vM3y6k0bW5oV0xH8bD3n0gQ4c1rJ7sT9uF2eA6iLwPs',
    }),
    expiresAt: Time,
  })
  .openapi('LinkPage');

export const PasskeyToken = z
  .object({
    id: z.string().openapi({ description: 'By it the audit log names whoever signs' }),
    url: z.string().openapi({
      description:
        "A page for the person who has the passkey, and shown this once. Hookline's extension signs on it; it is good for this one challenge",
      example: 'https://hub.example/passkey/vM3y6k0bW5oV0xH8bD3n0gQ4c1rJ7sT9uF2eA6iLwPs',
    }),
    snippet: z.string().openapi({
      description: 'To be pasted into the console of a tab on https://web.whatsapp.com by who may install nothing; it does the same',
      example: 'await (async function signHere(publicKey, url) { … })({"challenge":"…"}, "https://hub.example/passkey/vM3y6k…")',
    }),
    extensionUrl: z.string().openapi({ description: 'The extension, as a ZIP archive', example: 'https://hub.example/extension.zip' }),
    expiresAt: Time,
  })
  .openapi('PasskeyToken');

export const SignedPasskey = z.strictObject({ credential: Credential });

export type SignedPasskey = z.output<typeof SignedPasskey>;
export type CreateLinkPage = z.output<typeof CreateLinkPage>;
