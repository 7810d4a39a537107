#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
// A checkout brings a Node of its own along, for machines whose own is older.
const own = fileURLToPath(new URL('node_modules/node/bin/node', import.meta.url));
if (major > 22 || (major === 22 && minor >= 20)) {
  // Here, before the first TypeScript: what is read from the cache needs no compiler, which holds 20 MB and half the time to start.
  // Not in the shared temporary directory, where others could write.
  nodeModule.enableCompileCache(fileURLToPath(new URL('node_modules/.cache/hookline', import.meta.url)));
  // A checkout runs as it is; the package comes built, because Node runs no TypeScript below node_modules.
  const source = new URL('src/main.ts', import.meta.url);
  await import(existsSync(source) ? source.href : new URL('dist/src/main.js', import.meta.url).href);
} else if (existsSync(own)) {
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal tells both by itself, and a second Ctrl+C would mean more than the first.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
} else {
  process.stderr.write(`Hookline needs Node 22.20 or newer; this is ${process.version}. In a checkout "npm ci" brings one along.\n`);
  process.exitCode = 1;
}
