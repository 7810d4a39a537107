import { signal } from '@preact/signals';
import { keep, kept } from './kept.ts';

export type Theme = 'system' | 'light' | 'dark';

const dark = matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system');

/** As the system says, until something is chosen; the sheet of tokens reads it from the root. */
export function showTheme(): void {
  const show = (): void => {
    document.documentElement.dataset.theme = theme.value === 'system' ? (dark.matches ? 'dark' : 'light') : theme.value;
  };
  dark.addEventListener('change', show);
  theme.subscribe(show);
}

export function chooseTheme(chosen: Theme): void {
  keep('theme', chosen === 'system' ? null : chosen);
  theme.value = chosen;
}
