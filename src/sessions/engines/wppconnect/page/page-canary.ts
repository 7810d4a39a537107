/**
 * What the engine leans on, looked for in the page: the function is sent there as text, so it sees its argument and the page's globals
 * and nothing of this file.
 */
import type { PageDocument } from './page-types.ts';

declare const document: PageDocument;

/** A dotted name and the kind of thing that it has to be. */
export type Leaned = Readonly<Record<string, 'function' | 'object' | 'string'>>;

export interface Seen {
  /** WhatsApp Web's own. */
  version: string | null;
  /** The names that are not there, or are something else. */
  missing: string[];
  showsQr: boolean;
}

export function lookAround(leaned: Leaned): Seen {
  const at = (name: string): unknown => {
    try {
      return name.split('.').reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], globalThis);
    } catch {
      return undefined;
    }
  };
  const isThere = (name: string, kind: string): boolean => {
    const found = at(name);
    return kind === 'object' ? (typeof found === 'object' || typeof found === 'function') && found !== null : typeof found === kind;
  };
  const { VERSION_STR } = (constants() ?? {}) as { VERSION_STR?: unknown };
  const version = VERSION_STR ?? at('Debug.VERSION');
  const qr = document.querySelector('[data-ref] canvas');
  return {
    version: typeof version === 'string' ? version : null,
    missing: Object.entries(leaned).flatMap(([name, kind]) => (isThere(name, kind) ? [] : [name])),
    showsQr: qr?.checkVisibility() === true,
  };

  function constants(): unknown {
    try {
      return (at('require') as (id: string) => unknown)('WAWebBuildConstants');
    } catch {
      return undefined;
    }
  }
}
