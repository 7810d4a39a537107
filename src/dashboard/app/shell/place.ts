/** Where in the app somebody is: the address of the browser, and nothing besides. */
import { computed, signal } from '@preact/signals';

const now = (): { path: string; search: string } => ({ path: location.pathname.replace(/(?<=.)\/+$/, ''), search: location.search });

export const place = signal(now());
export const query = computed(() => new URLSearchParams(place.value.search));

/** Whether the page that is shown next is to have the focus, as one that a browser loads has. */
let isArriving = false;

export function takeArrival(): boolean {
  const was = isArriving;
  isArriving = false;
  return was;
}

function look(): void {
  const next = now();
  if (next.path !== place.value.path) isArriving = true;
  if (next.path !== place.value.path || next.search !== place.value.search) place.value = next;
}

/** To an address of the app, as a click on a link to it. */
export function go(to: string, { replace = false }: { replace?: boolean } = {}): void {
  if (replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  look();
}

/** Puts `value` into the query of the address, or takes it out (null or empty), without a step in the history. */
export function setQuery(values: Record<string, string | null>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === '') next.delete(name);
    else next.set(name, value);
  }
  go(`${location.pathname}${next.size > 0 ? `?${next}` : ''}`, { replace: true });
}

/** Links to the app's own pages lead there without loading it again; every other, and every other way of clicking, is the browser's. */
function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element).closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname !== '/' && !/^\/dashboard(?:\/|$)/.test(link.pathname)) return;
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
  event.preventDefault();
  go(link.pathname + link.search + link.hash);
}

export function followLinks(): () => void {
  document.addEventListener('click', follow);
  addEventListener('popstate', look);
  return () => {
    document.removeEventListener('click', follow);
    removeEventListener('popstate', look);
  };
}
