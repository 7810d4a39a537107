/** Which way a session's browser takes to WhatsApp. Pure. */
import { HooklineError } from '../../../../core/errors.ts';

export interface ProxyServer {
  /** For Chromium, without credentials: it does not take them here. */
  server: string;
  credentials: { username: string; password: string } | null;
}

/**
 * The proxy that a session names, or null for none. Sessions name it only: where it is and its password are the
 * operator's (`name=URL`). Throws `engine-unavailable` for a name that this hub does not know.
 */
export function proxyOf(name: unknown, proxies: readonly string[]): ProxyServer | null {
  if (name === undefined || name === null) return null;
  const entry = proxies.find((candidate) => candidate.startsWith(`${name}=`));
  const url = entry === undefined ? null : URL.parse(entry.slice(entry.indexOf('=') + 1));
  if (url) {
    const [username, password] = [url.username, url.password].map(decodeURIComponent) as [string, string];
    return { server: `${url.protocol}//${url.host}`, credentials: username ? { username, password } : null };
  }
  const known = proxies.map((candidate) => candidate.split('=', 1)[0]);
  throw new HooklineError(
    'engine-unavailable',
    `This hub has no proxy "${name}" (config.proxy of the session). ${known.length > 0 ? `It has: ${known.join(', ')}` : 'It has none: the operator lists them in chromium.proxies'}`,
  );
}
