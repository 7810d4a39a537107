/** Which of the pages somebody may see, and which one an address leads to. */

import { acting } from '../ask.ts';
import * as all from './all-pages.ts';
import type { AppPage } from './page.ts';
import { may, who } from './who.ts';

const PAGES: readonly AppPage[] = Object.values(all);

/** All that a key of a tenant can have, for pages that ask for none of it in particular. */
const ANY = ['sessions', 'messages', 'webhooks', 'flows', 'events', 'audit', 'keys'].flatMap((what) => [
  `${what}:read`,
  `${what}:write`,
  `${what}:send`,
]);

/** Those that the key of whoever is signed in may see. */
const allowed = (): AppPage[] => PAGES.filter(({ scopes = ANY }) => scopes.some(may));

/** Those of the navigation, in their order. */
export const navigable = (): AppPage[] =>
  allowed()
    .filter(({ order }) => order !== null)
    .sort((one, other) => (one.order ?? 0) - (other.order ?? 0));

/** Whether an address leads to a page of a tenant, for which the operator has yet to choose one. */
export const needsTenant = (path: string): boolean =>
  who.value?.kind === 'operator' && acting.value === null && PAGES.some((page) => page.path !== '/' && isBelow(path, page));

const isBelow = (path: string, page: AppPage): boolean => path === page.path || (page.path !== '/' && path.startsWith(`${page.path}/`));

/** Which page an address leads to; null: to none, or to one that the key may not see. */
export function pageAt(path: string): { page: AppPage; rest: string[] } | null {
  const fitting = allowed().filter((page) => isBelow(path, page));
  const page = fitting.sort((one, other) => other.path.length - one.path.length)[0];
  if (!page) return null;
  return { page, rest: path.slice(page.path.length).split('/').filter(Boolean).map(decoded) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
