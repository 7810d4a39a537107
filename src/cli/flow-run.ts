import { createInterface } from 'node:readline/promises';
import { DateTime } from 'luxon';
import { HooklineError } from '../core/errors.ts';
import { readFlows } from '../flows/catalogue/files.ts';
import { milliseconds } from '../flows/language/schema.ts';
import { Catalog } from '../flows/program/catalog.ts';
import { checkFlows } from '../flows/program/lint.ts';
import { compile } from '../flows/program/program.ts';
import { type Outcome, Simulator } from '../flows/simulator/simulator.ts';
import { given } from './flow.ts';
import { write } from './output.ts';

const HELP = `You are the contact: write, and the flows answer. Time stands still but for what waits for the end of a burst ("gather");
requests are not made.
  /wait 10m     time passes
  /now TIME     sets the clock, such as 2026-03-24T10:00 or 22:30
  /start FLOW   starts a flow as the API would
  /phone TEXT   a person of yours writes on the phone
  /state        what the flows know
  /quit
`;

/** A chat with the flows in the terminal. Resolves when the input ends. */
export async function runFlows(
  paths: string[],
  { name = 'Ana Souza', phone = '5511987654321' }: { name?: string; phone?: string },
): Promise<void> {
  const { flows, faults } = checkFlows(await readFlows(given(paths)));
  if (faults.length > 0) throw new HooklineError('flow-invalid', 'The flows have errors.', { errors: faults });
  const catalog = new Catalog(flows.map(({ flow }) => ({ program: compile(flow), revision: 1 })));
  const chat = `${phone.replace(/\D/g, '')}@c.us`;
  const contact = { name, phone: phone.replace(/\D/g, '') };
  const simulator = new Simulator(catalog, { now: Date.now(), random: Math.random, contact, session: 'main', chat, mocks: [] });
  write(HELP);
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  terminal.prompt();
  const tell = (outcomes: readonly Outcome[]): void => {
    for (const outcome of outcomes) write(`${shown(outcome)}\n`);
  };
  // As live: what is written before the burst is over belongs to it.
  let burst: NodeJS.Timeout | undefined;
  for await (const line of terminal) {
    clearTimeout(burst);
    if (line.trim() === '/quit') break;
    tell(answer(simulator, line.trim()));
    const over = simulator.gatheredAt;
    if (over !== null) {
      burst = setTimeout(() => {
        tell(simulator.settle());
        terminal.prompt();
      }, over - simulator.now);
    }
    terminal.prompt();
  }
  clearTimeout(burst);
  tell(simulator.settle());
  terminal.close();
  write('\n');
}

function answer(simulator: Simulator, line: string): Outcome[] {
  const [command = '', argument = ''] = line.split(/\s+(.*)/s);
  if (command === '/wait' && milliseconds(argument) > 0) return simulator.advance(milliseconds(argument));
  if (command === '/now') {
    const to = momentOf(argument, simulator);
    if (to !== null) return simulator.setClock(to);
  }
  if (command === '/start' && argument !== '') return simulator.start(argument, {});
  if (command === '/phone') return simulator.event('message.fromphone', { text: argument });
  if (command === '/state') {
    const { run, chat } = simulator;
    write(
      `${JSON.stringify({ flow: run?.flow ?? null, at: run?.state.at ?? null, answers: run?.state.answers ?? {}, tags: chat.tags, remembered: chat.remembered }, null, 2)}\n`,
    );
    return [];
  }
  if (line.startsWith('/')) {
    write(HELP);
    return [];
  }
  return line === '' ? [] : simulator.receive({ text: line });
}

/** A time of the day is the next one. In the zone of the first flow; null where it is none. */
function momentOf(text: string, { now, zone }: Simulator): number | null {
  const time = DateTime.fromISO(text, { zone });
  if (!time.isValid) return null;
  if (!/^\d{1,2}:\d{2}/.test(text)) return time.toMillis();
  const today = DateTime.fromMillis(now, { zone }).set({ hour: time.hour, minute: time.minute, second: 0, millisecond: 0 });
  return (today.toMillis() >= now ? today : today.plus({ days: 1 })).toMillis();
}

function shown(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'said':
      return outcome.text.replace(/^/gm, '  ');
    case 'event':
      return `  (event ${outcome.type} ${JSON.stringify(outcome.data)})`;
    case 'request':
      return `  (request ${outcome.method} ${outcome.url}: ${outcome.error ?? outcome.status})`;
    case 'handoff':
      return '  (the chat is handed to a person)';
    case 'opted_out':
      return '  (the contact has opted out: flows write no more)';
    case 'opted_in':
      return '  (flows write to the contact again)';
    case 'failed':
      return `  (failed: ${outcome.message})`;
    case 'unanswered':
      return `  (no answer: ${outcome.why})`;
    case 'seen':
      return '  (seen)';
    default:
      return `  (${outcome.flow} ${outcome.kind})`;
  }
}
