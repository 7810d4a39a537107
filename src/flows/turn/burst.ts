/** A burst of short messages as one. Pure. */
import type { Milliseconds } from '../../core/runtime.ts';
import { milliseconds, TEXT_LIMIT } from '../language/schema.ts';
import type { Catalog } from '../program/catalog.ts';
import { cut } from '../text/templates.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import { type ChatFacts, candidates } from './candidates.ts';
import { type Active, type Moment, programsOf, wordFor } from './chat-turn.ts';
import type { Run } from './run.ts';

/** A burst that does not end is cut off after this many times the pause. */
const LONGEST = 10;

/** How many of what waits are one, and from when on; one at once where nothing asks for more. */
export function burstAt(
  catalog: Catalog,
  chat: ChatFacts,
  run: Active | undefined,
  waiting: readonly { inbound: TurnInput }[],
  moment: Pick<Moment, 'now' | 'matches'>,
): { at: Milliseconds; count: number } {
  const { now } = moment;
  const first = waiting[0]?.inbound;
  // A word for all flows is never a part of what else was said.
  if (first?.kind !== 'message' || wordFor(catalog, first, moment)) return { at: now, count: 1 };
  const pause = pauseOf(catalog, chat, run, first, moment);
  if (pause === null) return { at: now, count: 1 };
  let count = 0;
  let last = first.at;
  for (const { inbound } of waiting) {
    if (
      inbound.kind !== 'message' ||
      (count > 0 && wordFor(catalog, inbound, moment)) ||
      inbound.at > last + pause ||
      inbound.at > first.at + LONGEST * pause
    )
      break;
    last = inbound.at;
    count++;
  }
  const isOver = count < waiting.length;
  return { at: isOver ? now : Math.min(last + pause, first.at + LONGEST * pause), count };
}

function pauseOf(
  catalog: Catalog,
  chat: ChatFacts,
  run: Active | undefined,
  first: TurnInput,
  moment: Pick<Moment, 'now' | 'matches'>,
): Milliseconds | null {
  if (!run && !catalog.gathers) return null;
  const programs = run
    ? programsOf(catalog, run)
    : candidates(catalog, chat, first, moment)
        .flatMap(({ refused, published }) => (refused === null ? [published.program] : []))
        .slice(0, 1);
  const gather = programs.find(({ flow }) => flow.gather !== undefined)?.flow.gather;
  return gather === undefined ? null : milliseconds(gather);
}

/**
 * Of what waits for the end of the run, the message that is the answer for which it waits itself, and so must not wait for it; 0 for
 * none. Asked where the first of what waits is left.
 */
export function answerBehind(run: Pick<Run, 'state'> | undefined, waiting: readonly { inbound: TurnInput }[]): number {
  const next = waiting.findIndex(({ inbound }) => inbound.kind === 'message');
  return next > 0 && run?.state.wait?.for === 'answer' ? next : 0;
}

/** The last one, with the text of all. */
export function joinBurst(inbounds: readonly TurnInput[]): TurnInput {
  const last = inbounds.at(-1) as TurnInput;
  if (inbounds.length === 1) return last;
  const texts = inbounds.flatMap(({ said }) => said.text ?? []);
  const media = inbounds.map(({ said }) => said.media).findLast((one) => one !== null) ?? null;
  const before = inbounds.slice(0, -1).flatMap(({ messageId }) => messageId ?? []);
  const heard = inbounds.flatMap((one) => one.heard ?? []);
  return {
    ...last,
    joined: before,
    ...(heard.length > 0 && { heard }),
    said: { ...last.said, media, text: texts.length > 0 ? cut(texts.join('\n'), TEXT_LIMIT) : null },
  };
}
