/** TypeScript that was read once is read from here by all that test: half of what a test file costs before it begins. */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/hookline', import.meta.url)));
