/**
 * `npm run bench [room …]`: measures, prints, and writes what was measured into bench/RESULTS.md. Figures are for
 * reading: no timing here fails anything.
 */
import { badReceivers } from './bad-receivers.ts';
import { chats } from './chats.ts';
import { cluster } from './cluster.ts';
import { dashboard } from './dashboard.ts';
import { flows } from './flows.ts';
import { footprint } from './footprint.ts';
import { isolation } from './isolation.ts';
import { media } from './media.ts';
import { neighbours } from './neighbours.ts';
import { type Figure, load, machine, Report, table } from './report.ts';
import { sends } from './sends.ts';
import { sessions } from './sessions.ts';
import { webhooks } from './webhooks.ts';

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
  cluster,
  dashboard,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((room) => !(room in ROOMS));
if (unknown.length > 0) throw new Error(`No bench named ${unknown.join(', ')}; there are: ${Object.keys(ROOMS).join(', ')}`);

const report = new Report(new URL('./RESULTS.md', import.meta.url), {
  head: '# Results\n\nWritten by `npm run bench`. Machines differ, and one with a load well over 1 a processor was shared: compare figures of one run.',
  order: Object.keys(ROOMS),
});

for (const [room, measure] of Object.entries(ROOMS)) {
  if (asked.length > 0 && !asked.includes(room)) continue;
  const before = load();
  const figures = await measure();
  report.write(room, [machine(before), '', ...table(figures)]);
}
