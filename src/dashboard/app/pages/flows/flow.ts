import type { ListRunsQuery, Run } from '../../../../client/index.ts';

export const FLOWS = '/dashboard/flows';
export const SECRETS = '/dashboard/flow-secrets';
export const OPT_OUTS = '/dashboard/opt-outs';

/** The API has no event for what is published; these say that a run of a flow began or ended. */
export const EVENTS = ['flow.started', 'flow.ended', 'flow.failed'] as const;

export const flowPath = (name: string, ...parts: readonly string[]): string => [FLOWS, name, ...parts].map(encoded).join('/');

const encoded = (part: string, at: number): string => (at === 0 ? part : encodeURIComponent(part));

/** Something that is wrong with a text, and where: counted from 1, as the hub and editors do. */
export interface Fault {
  line: number;
  column: number;
  message: string;
}

/** From "flows/booking.yml:36:5"; what names no place in the text is about all of it. */
export function faultOf({ path, message }: { path: string; message: string }): Fault {
  const [, line, column] = /:(\d+):(\d+)$/.exec(path) ?? [];
  return { line: Number(line ?? 1), column: Number(column ?? 1), message };
}

/** What a new flow begins with. */
export const draftOf = (name: string): string => `flow: ${name}
version: 1
start:
  - says: [${name.replaceAll(/[_-]+/g, ' ')}]
# Without this line it answers everybody who writes.
only_if: { is: { session.engine: sandbox } }
steps:
  - ask: What is your name?
    save: name
  - say: "Nice to meet you, {{ name | capitalize }}."
  - end
`;

export const STATES = ['waiting', 'ended', 'failed'] as const satisfies readonly NonNullable<ListRunsQuery['status']>[];

/** One turn of a run, as the API tells it (docs/flows.md, "From your own systems"). */
export interface TracedTurn {
  at: string;
  cause: string;
  messageId: string | null;
  steps: readonly string[];
  sent: readonly { step: string; messageId: string }[];
  http?: { status: number } | { error: string };
  model?: { tools: readonly string[]; refused: string | null };
  heard?: readonly ({ text: string } | { error: string })[];
}

export const turnsOf = (run: Run): readonly TracedTurn[] => run.trace as TracedTurn[];
