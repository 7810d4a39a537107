/**
 * `npm run bench [room …]`: measures, prints, and writes bench/RESULTS.md. Figures are for reading: no timing here fails
 * anything.
 */
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { footprint } from './footprint.ts';
import { media } from './media.ts';
import { sends } from './sends.ts';
import { webhooks } from './webhooks.ts';

export interface Figure {
  what: string;
  value: string;
  aim: string;
}

const ROOMS: Record<string, () => Promise<Figure[]>> = { footprint, media, sends, webhooks };

const asked = process.argv.slice(2);
const unknown = asked.filter((room) => !(room in ROOMS));
if (unknown.length > 0) throw new Error(`No bench named ${unknown.join(', ')}; there are: ${Object.keys(ROOMS).join(', ')}`);

const lines = [
  '# Results',
  '',
  `Written by \`npm run bench\` with Node ${process.version} on ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB.`,
  'Machines differ: compare figures of one run.',
];
for (const [room, measure] of Object.entries(ROOMS)) {
  if (asked.length > 0 && !asked.includes(room)) continue;
  lines.push('', `## ${room}`, '', '| what | measured | aim |', '| --- | --- | --- |');
  for (const { what, value, aim } of await measure()) lines.push(`| ${what} | ${value} | ${aim} |`);
}
process.stdout.write(`${lines.join('\n')}\n`);
if (asked.length === 0) writeFileSync(new URL('./RESULTS.md', import.meta.url), `${lines.join('\n')}\n`);
