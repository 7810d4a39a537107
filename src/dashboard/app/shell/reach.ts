import { signal } from '@preact/signals';

/** Whether there is a page at a path that whoever is signed in may see; told by the shell, which knows the pages. */
const reach = signal<(path: string) => boolean>(() => false);

export const leads = (href: string): boolean => reach.value(href.split('?')[0] as string);

export function setReach(test: (path: string) => boolean): void {
  reach.value = test;
}
