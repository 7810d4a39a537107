/** `POST /api/flows/{name}/simulate`: what a flow would say, without a chat. */
import { DateTime } from 'luxon';
import type { z } from 'zod';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Value } from '../language/schema.ts';
import type { Catalog } from '../program/catalog.ts';
import type { RunState } from '../turn/state.ts';
import { type contact, type Item, ScriptPlayer } from './script.ts';
import { type HttpMock, type Outcome, Simulator, type Trail, zoneIn } from './simulator.ts';

export interface Simulation {
  chat: Item[];
  now?: string | undefined;
  contact?: z.infer<typeof contact> | undefined;
  tags?: string[] | undefined;
  remembered?: Record<string, Value> | undefined;
  http_mocks?: HttpMock[] | undefined;
}

export interface SimulationResult {
  ok: boolean;
  /** What was not as the script expected it: which item, and why. */
  failures: { item: number; message: string }[];
  /** By the items of the script: what each brought about. */
  transcript: { item: number; outcomes: Outcome[] }[];
  run: { flow: string; at: string | null; answers: RunState['answers'] } | null;
  tags: string[];
  remembered: Record<string, unknown>;
  handoff: boolean;
  optedOut: boolean;
  trail: Trail;
}

const CHAT = '5511987654321@c.us';

export function simulator(
  catalog: Catalog,
  { now, contact, tags, remembered, http_mocks: mocks = [] }: Omit<Simulation, 'chat'>,
  at: Milliseconds,
): Simulator {
  const phone = contact?.phone?.replace(/\D/g, '') ?? '5511987654321';
  const name = contact?.name === undefined ? 'Ana Souza' : contact.name;
  const moment = now === undefined ? at : DateTime.fromISO(now, { zone: zoneIn(catalog) }).toMillis();
  // Chance always takes the first, so that a test says the same every time.
  const known = { contact: { name, phone }, tags, remembered };
  return new Simulator(catalog, { now: moment, random: () => 0, ...known, session: 'main', chat: CHAT, mocks });
}

export function simulate(catalog: Catalog, simulation: Simulation, at: Milliseconds): SimulationResult {
  const simulated = simulator(catalog, simulation, at);
  const player = new ScriptPlayer(simulated);
  const failures: SimulationResult['failures'] = [];
  const transcript: SimulationResult['transcript'] = [];
  const expects = simulation.chat.some((one) => 'bot' in one || 'silent' in one);
  for (const [item, one] of simulation.chat.entries()) {
    const played = player.play(one);
    if (played.outcomes.length > 0) transcript.push({ item, outcomes: played.outcomes });
    if (expects || 'expect' in one) failures.push(...played.failures.map((message) => ({ item, message })));
  }
  const late = player.settle();
  if (late.length > 0) transcript.push({ item: simulation.chat.length - 1, outcomes: late });
  if (expects) failures.push(...player.rest().map((message) => ({ item: simulation.chat.length, message })));
  const { run, chat, paused } = simulated;
  return {
    ok: failures.length === 0,
    failures,
    transcript,
    run: run ? { flow: run.flow, at: run.state.at, answers: run.state.answers } : null,
    tags: chat.tags,
    remembered: chat.remembered,
    handoff: paused,
    optedOut: chat.optedOut,
    trail: simulated.trail,
  };
}
