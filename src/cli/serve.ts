import { flushCompileCache } from 'node:module';
import { createApp } from '../app.ts';
import { type Config, exposedFile } from '../config/load.ts';
import { collectGarbage, collectSeldom } from '../ops/memory.ts';
import { showKeys } from './first-keys.ts';
import { writeError } from './output.ts';
import { welcome } from './welcome.ts';

/** Runs the hub until it is told to stop. Resolves with the exit code. */
export async function serve(config: Config): Promise<number> {
  const app = await createApp(config);
  // What slips through a library (puppeteer, mostly) must not end the sessions of everybody else; what matters is on disk.
  process.on('unhandledRejection', (error) => app.log.error('A rejection was not handled', { error }));
  app.log.info(`Hookline listens on ${app.url}`);
  if (config.dev) app.log.info(`Development mode: this machine only; webhooks may reach ${reach(config)}. "hookline serve" is production`);
  const exposed = exposedFile();
  if (exposed) app.log.warn(`${exposed.what}: ${exposed.advice}`);
  await showKeys(welcome(config, app), { app, config });
  // Otherwise only an orderly end would leave it to the next start.
  setTimeout(flushCompileCache, LOADED_AFTER).unref();
  setTimeout(() => {
    collectGarbage();
    collectSeldom();
  }, SETTLED_AFTER).unref();
  const stop = listenForStop();
  const cause = await Promise.race([stop.asked, app.lost]);
  const why = cause instanceof Error ? cause.message : cause;
  app.log[cause instanceof Error ? 'error' : 'info'](
    `Stopping (${why}). What is in flight gets ${config.shutdownSeconds} s; a second signal does not wait for it`,
  );
  void (cause instanceof Error ? stop.asked : stop.insisted).then(() => process.exit(1));
  // Nor does anything that a library leaves open keep the process.
  setTimeout(() => process.exit(process.exitCode ?? 1), (config.shutdownSeconds + GRACE_SECONDS) * 1_000).unref();
  await app[Symbol.asyncDispose]();
  if (!(cause instanceof Error)) return 0;
  writeError(`${cause.message}\n`);
  return 1;
}

const reach = ({ egress }: Config): string => egress.allow.join(', ') || 'nothing private';

/** Milliseconds after which what a start needs has been loaded. */
const LOADED_AFTER = 1_000;

/**
 * Milliseconds after which the start is over and its sessions connect: what it left behind is collected then, not in their way.
 * From then on V8's flags are others, with which nothing that is loaded comes from the compile cache.
 */
const SETTLED_AFTER = 10_000;

/** Beyond what is in flight: for closing the browsers and the database. */
const GRACE_SECONDS = 10;

/**
 * Milliseconds within which a second SIGTERM is the same wish: npm passes its own on to the hub, which may have been told
 * already with the rest of its group.
 */
const SAME_STOP = 5_000;

/** `asked` resolves with the first signal, `insisted` with one that does not want to wait for what is in flight. */
function listenForStop(): { asked: Promise<NodeJS.Signals>; insisted: Promise<void> } {
  const asked = Promise.withResolvers<NodeJS.Signals>();
  const insisted = Promise.withResolvers<void>();
  let first: number | undefined;
  let passedOn = false;
  const hear = (signal: NodeJS.Signals): void => {
    asked.resolve(signal);
    if (first === undefined) first = performance.now();
    else if (signal === 'SIGTERM' && !passedOn && performance.now() - first < SAME_STOP) passedOn = true;
    else insisted.resolve();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hear);
  return { asked: asked.promise, insisted: insisted.promise };
}
