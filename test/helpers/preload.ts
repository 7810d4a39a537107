/** NODE_OPTIONS for a process that is to load these modules before its own; the compile cache first, so that they are read from there, too. */
export const preloading = (...urls: string[]): string =>
  [new URL('./compile-cache.js', import.meta.url).href, ...urls].map((url) => `--import=${url}`).join(' ');
