/** What `POST /api/flows/{name}/simulate` is asked, and what it tells of a chat; see docs/flows.md. */
import type { SimulateFlowBody, Simulation } from '../../../../client/index.ts';

/** What happens next: the contact writes, time passes, or the flow is started as by the API. */
export type Move = { user: string } | { advance: string } | { start: string };

/** What somebody outside answers in a chat, in the words of `*.test.yml`. */
export type Mock = NonNullable<SimulateFlowBody['http_mocks']>[number] & {
  request: string;
  status?: number;
  body?: unknown;
  tools?: unknown;
  error?: string;
};

export const PASSES = ['1m', '10m', '1h', '12h', '1d'] as const;

/** Somebody outside was asked. `mocked`: false where nothing was set for it. */
export interface Request {
  kind: 'request';
  method: string;
  url: string;
  status: number | null;
  error: string | null;
  asks: 'http' | 'model' | 'transcription';
  flow: string | null;
  step: string | null;
  mocked: boolean;
}

/** What came of a move, as the hub tells it. */
export type Outcome =
  | { kind: 'said'; step: string; flow: string; text: string }
  | { kind: 'event'; type: string }
  | Request
  | { kind: 'started' | 'ended'; flow: string }
  | { kind: 'failed'; flow: string; message: string }
  | { kind: 'handoff'; note: string | null }
  | { kind: 'opted_out' | 'opted_in' }
  | { kind: 'seen' }
  | { kind: 'unanswered'; why: string };

/** All of it is played again each time: the hub keeps nothing of a simulation. `now`: empty for the clock of the hub. */
export const scriptOf = (
  moves: readonly Move[],
  { source, now, mocks }: { source: string; now: string; mocks: readonly Mock[] },
): SimulateFlowBody => ({
  chat: [...moves],
  source,
  ...(now !== '' && { now }),
  ...(mocks.length > 0 && { http_mocks: [...mocks] }),
});

export const outcomesOf = ({ transcript }: Simulation, move: number): readonly Outcome[] =>
  (transcript.find(({ item }) => item === move)?.outcomes ?? []) as readonly Outcome[];

/** Where the run is, and what it knows; null: none is under way. */
export const runOf = ({ run }: Simulation) => (run ?? null) as { flow: string; at: string | null; answers: Record<string, unknown> } | null;
