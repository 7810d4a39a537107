/** What `POST /api/flows/{name}/simulate` is asked, and what it tells of a chat; see docs/flows.md. */
import type { SimulateFlowBody, Simulation } from '../../../../client/index.ts';

/** What happens next: the contact writes, time passes, or the flow is started as by the API. */
export type Move = { user: string } | { advance: string } | { start: string };

export const PASSES = ['1m', '10m', '1h', '12h', '1d'] as const;

/** What came of a move, as the hub tells it. */
export type Outcome =
  | { kind: 'said'; step: string; flow: string; text: string }
  | { kind: 'event'; type: string }
  | { kind: 'request'; method: string; url: string; status: number | null; error: string | null }
  | { kind: 'started' | 'ended'; flow: string }
  | { kind: 'failed'; flow: string; message: string }
  | { kind: 'handoff'; note: string | null }
  | { kind: 'seen' }
  | { kind: 'unanswered'; why: string };

/** All of it is played again each time: the hub keeps nothing of a simulation. `now`: empty for the clock of the hub. */
export const scriptOf = (moves: readonly Move[], { source, now }: { source: string; now: string }): SimulateFlowBody => ({
  chat: [...moves],
  source,
  ...(now !== '' && { now }),
});

export const outcomesOf = ({ transcript }: Simulation, move: number): readonly Outcome[] =>
  (transcript.find(({ item }) => item === move)?.outcomes ?? []) as readonly Outcome[];

/** Where the run is, and what it knows; null: none is under way. */
export const runOf = ({ run }: Simulation) => (run ?? null) as { flow: string; at: string | null; answers: Record<string, unknown> } | null;
