#!/usr/bin/env node
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 20)) {
  process.stderr.write(`Hookline needs Node 22.20 or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  // The package comes built, because Node runs no TypeScript below node_modules; a checkout runs as it is.
  const built = new URL('./dist/src/main.js', import.meta.url);
  await import(existsSync(built) ? built.href : new URL('./src/main.ts', import.meta.url).href);
}
