/** What somebody has chosen for this browser; nothing is written before that. */
const NAMES = ['language', 'theme', 'shortcuts'] as const;
type Name = (typeof NAMES)[number];

/** A browser may refuse to keep anything; then it is chosen for this visit. */
function read(name: Name): string | null {
  try {
    return localStorage.getItem(`hookline.${name}`);
  } catch {
    return null;
  }
}

export const kept = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Record<Name, string | null>;

/** Null: as the browser says. */
export function keep(name: Name, value: string | null): void {
  kept[name] = value;
  try {
    if (value === null) localStorage.removeItem(`hookline.${name}`);
    else localStorage.setItem(`hookline.${name}`, value);
  } catch {
    // See above.
  }
}
