/**
 * `npm run bench [room …]`: measures, prints, and writes what was measured into bench/RESULTS.md. Figures are for
 * reading: no timing here fails anything.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { badReceivers } from './bad-receivers.ts';
import { chats } from './chats.ts';
import { flows } from './flows.ts';
import { footprint } from './footprint.ts';
import { isolation } from './isolation.ts';
import { media } from './media.ts';
import { neighbours } from './neighbours.ts';
import { sends } from './sends.ts';
import { sessions } from './sessions.ts';
import { webhooks } from './webhooks.ts';

export interface Figure {
  what: string;
  value: string;
  aim: string;
}

const ROOMS: Record<string, () => Promise<Figure[]>> = {
  footprint,
  media,
  sends,
  chats,
  sessions,
  webhooks,
  flows,
  isolation,
  'bad-receivers': badReceivers,
  neighbours,
};
const RESULTS = new URL('./RESULTS.md', import.meta.url);

const asked = process.argv.slice(2);
const unknown = asked.filter((room) => !(room in ROOMS));
if (unknown.length > 0) throw new Error(`No bench named ${unknown.join(', ')}; there are: ${Object.keys(ROOMS).join(', ')}`);

/** What was measured before, by room: a run of some rooms leaves those of the others. */
const sections = new Map(
  readFileSync(RESULTS, 'utf8')
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), `## ${section.trimEnd()}`]),
);

/** Of the last minute, over all processors: what is well over 1 was measured on a machine that others used. */
const load = (): string => ((loadavg()[0] ?? 0) / cpus().length).toFixed(1);

for (const [room, measure] of Object.entries(ROOMS)) {
  if (asked.length > 0 && !asked.includes(room)) continue;
  const before = load();
  const figures = await measure();
  const section = [
    `## ${room}`,
    '',
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB; load a processor ${before} before, ${load()} after.`,
    '',
    '| what | measured | aim |',
    '| --- | --- | --- |',
    ...figures.map(({ what, value, aim }) => `| ${what} | ${value} | ${aim} |`),
  ].join('\n');
  process.stdout.write(`${section}\n\n`);
  sections.set(room, section);
  const head =
    '# Results\n\nWritten by `npm run bench`. Machines differ, and one with a load well over 1 a processor was shared: compare figures of one run.';
  const known = Object.keys(ROOMS).flatMap((name) => sections.get(name) ?? []);
  writeFileSync(RESULTS, `${[head, ...known].join('\n\n')}\n`);
}
