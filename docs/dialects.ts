/** What is answered to clients of other products, told from the routes themselves. */
import { ERROR_CODES } from '../src/core/errors.ts';
import { CLOUD } from '../src/dialects/cloud/dialect.ts';
import { cloudRoutes } from '../src/dialects/cloud/routes.ts';
import { EVOLUTION } from '../src/dialects/evolution/dialect.ts';
import { evolutionRoutes } from '../src/dialects/evolution/routes.ts';
import { WAHA } from '../src/dialects/waha/dialect.ts';
import { wahaRoutes } from '../src/dialects/waha/routes.ts';
import { WPPCONNECT } from '../src/dialects/wppconnect/dialect.ts';
import { wppconnectRoutes } from '../src/dialects/wppconnect/routes.ts';
import type { Dialect, Route } from '../src/http/route.ts';

const nothing = async (): Promise<void> => undefined;
/** Routes are told of without being called. */
const handlers = new Proxy({}, { get: () => new Proxy(nothing, { get: () => nothing }) }) as never;

const PAGES: readonly { page: URL; dialect: Dialect; routes(): Route[] }[] = [
  { page: new URL('migrate-from-evolution.md', import.meta.url), dialect: EVOLUTION, routes: () => evolutionRoutes(handlers) },
  { page: new URL('migrate-from-waha.md', import.meta.url), dialect: WAHA, routes: () => wahaRoutes(handlers) },
  {
    page: new URL('migrate-from-wppconnect-server.md', import.meta.url),
    dialect: WPPCONNECT,
    routes: () => wppconnectRoutes(handlers),
  },
  { page: new URL('migrate-from-cloud-api.md', import.meta.url), dialect: CLOUD, routes: () => cloudRoutes(handlers) },
];
export const DIALECT_PAGES = PAGES.map(({ page }) => page);

/** The last chapter of a page: every call, what it does or why not, and which right it takes. */
export function withCalls(of: URL, text: string): string {
  const found = PAGES.find(({ page }) => page.href === of.href);
  if (!found) throw new Error(`There is no page ${of.href}`);
  const { dialect, routes } = found;
  const callOf = ({ method, path }: Route): string => `\`${method} ${path.slice(dialect.base.length).replace(/:(\w+)/g, '{$1}')}\``;
  const all = routes();
  const rows = all
    .filter(({ isAbsent }) => !isAbsent)
    .map((route) => `| ${callOf(route)} | ${route.summary} | ${route.access === 'public' ? '' : `\`${route.access}\``} |`);
  const code = 'not-supported-by-engine';
  const { status } = dialect.tell({ type: '', detail: '', code, ...ERROR_CODES[code] });
  const absent = Map.groupBy(
    all.filter(({ isAbsent }) => isAbsent),
    ({ summary }) => summary,
  );
  for (const [instead, calls] of absent) rows.push(`| ${calls.map(callOf).join(', ')} | **Refused** (${status}): ${instead} | |`);
  const head = '<!-- Written by `node docs/generate.ts` from the routes. -->\n\n| call | does | takes |\n| --- | --- | --- |';
  return `${text.split('\n## Calls\n')[0]}\n## Calls\n\n${head}\n${rows.join('\n')}\n`;
}
