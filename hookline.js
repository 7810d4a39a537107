#!/usr/bin/env node
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 20)) {
  process.stderr.write(`Hookline needs Node 22.20 or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  // Here, before the first TypeScript: what is read from the cache needs no compiler, which holds 20 MB and half the time to start.
  // Not in the shared temporary directory, where others could write.
  nodeModule.enableCompileCache(fileURLToPath(new URL('node_modules/.cache/hookline', import.meta.url)));
  // A checkout runs as it is; the package comes built, because Node runs no TypeScript below node_modules.
  const source = new URL('src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('dist/src/main.js', import.meta.url).href);
}
