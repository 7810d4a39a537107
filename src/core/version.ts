import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where package.json stands: beside `src/` in a checkout, one level further up from `dist/src/` in the built package. */
export const ROOT: URL = [new URL('../../', import.meta.url), new URL('../../../', import.meta.url)].find((place) =>
  existsSync(new URL('package.json', place)),
) as URL;

/** What `hookline` on the command line is. */
export const LAUNCHER: string = fileURLToPath(new URL('hookline.js', ROOT));

/** Flows to copy, and to try. */
export const EXAMPLE_FLOWS: string = fileURLToPath(new URL('flows/examples/', ROOT));

/** A flow of the hub's own for a first try. It answers in sandbox sessions only. */
export const EXAMPLE_FLOW: string = fileURLToPath(new URL('flows/examples/welcome.yml', ROOT));

/** The hub's own version, as in `package.json`. */
export const VERSION: string = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8')).version;

/** Where the built pages lie, in a checkout as in the package; see src/dashboard. */
export const PAGES: URL = new URL('dist/dashboard/', ROOT);

/** The packed extension that signs with a passkey, beside them. */
export const EXTENSION: URL = new URL('extension.zip', PAGES);
