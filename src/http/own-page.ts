import { HooklineError } from '../core/errors.ts';

type Header = (name: string) => string | undefined;

/** By then `X-Forwarded-Proto` is of a proxy that is believed, or not there; see caller.ts. */
const isBehindTls = (header: Header): boolean => header('x-forwarded-proto') === 'https';

/** The origin of the hub's own pages, as whoever asks reaches it. */
export const ownOrigin = (header: Header): string => `${header('x-forwarded-proto') ?? 'http'}://${header('host')}`;

/** The header that the hub's pages send with what they do. No form can, and no script of another origin may without being asked first. */
const PAGE_HEADER = 'x-hookline-page';

/**
 * A browser sends cookies along whoever made it ask. `Sec-Fetch-Site` says who did (https://www.w3.org/TR/fetch-metadata/); where the
 * hub is reached over plain HTTP there is `Origin` alone. Throws `forbidden` for whoever is no page of the hub.
 */
export function needOwnPage(method: string, header: Header): void {
  const [site, origin] = [header('sec-fetch-site'), header('origin')];
  const isForeign = site === undefined ? origin !== undefined && origin !== ownOrigin(header) : !['same-origin', 'none'].includes(site);
  if (isForeign) throw new HooklineError('forbidden', 'With a cookie only the pages of this hub may ask. Send your API key instead.');
  if (method === 'GET') return;
  if ((site === undefined && origin === undefined) || site === 'none' || header(PAGE_HEADER) === undefined) {
    throw new HooklineError('forbidden', 'With a cookie only the pages of this hub may change something. Send your API key instead.');
  }
}

/** The cookie of this name, or undefined (RFC 6265, section 5.4). */
export function cookieIn(header: Header, name: string): string | undefined {
  const pairs = (header('cookie') ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

export interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Seconds; 0 removes it. */
  maxAge: number;
  /** `None`: in a frame of another site, too, which browsers allow over TLS only. */
  sameSite: 'Strict' | 'Lax' | 'None';
}

/** As `Set-Cookie`: no script reads it. In a frame it is kept apart for each site around it (CHIPS). */
export function setCookie({ name, value, path, maxAge, sameSite }: Cookie, header: Header): string {
  const isSecure = isBehindTls(header);
  const site = sameSite === 'None' && isSecure ? ['SameSite=None', 'Partitioned'] : [`SameSite=${sameSite === 'None' ? 'Lax' : sameSite}`];
  return [`${name}=${value}`, `Path=${path}`, `Max-Age=${maxAge}`, 'HttpOnly', ...site, ...(isSecure ? ['Secure'] : [])].join('; ');
}
