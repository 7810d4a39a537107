/** A burst of short messages as one. Pure. */
import type { Milliseconds } from '../../core/runtime.ts';
import { milliseconds, TEXT_LIMIT } from '../language/schema.ts';
import type { Catalog } from '../program/catalog.ts';
import { cut } from '../text/templates.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import { type ChatFacts, candidates } from './candidates.ts';
import type { Moment } from './chat-turn.ts';
import type { Run } from './run.ts';

/** A burst that does not end is cut off after this many times the pause. */
const LONGEST = 10;

/** How many of what waits are one, and from when on; one at once where nothing asks for more. */
export function burstAt(
  catalog: Catalog,
  chat: ChatFacts,
  run: Pick<Run, 'flow' | 'revision'> | undefined,
  waiting: readonly { inbound: TurnInput }[],
  moment: Pick<Moment, 'now' | 'matches'>,
): { at: Milliseconds; count: number } {
  const { now } = moment;
  const first = waiting[0]?.inbound;
  if (first?.kind !== 'message') return { at: now, count: 1 };
  const pause = pauseOf(catalog, chat, run, first, moment);
  if (pause === null) return { at: now, count: 1 };
  let count = 0;
  let last = first.at;
  for (const { inbound } of waiting) {
    if (inbound.kind !== 'message' || inbound.at > last + pause || inbound.at > first.at + LONGEST * pause) break;
    last = inbound.at;
    count++;
  }
  const isOver = count < waiting.length;
  return { at: isOver ? now : Math.min(last + pause, first.at + LONGEST * pause), count };
}

function pauseOf(
  catalog: Catalog,
  chat: ChatFacts,
  run: Pick<Run, 'flow' | 'revision'> | undefined,
  first: TurnInput,
  moment: Pick<Moment, 'now' | 'matches'>,
): Milliseconds | null {
  if (!run && !catalog.gathers) return null;
  const program = run
    ? catalog.program(run.flow, run.revision)
    : candidates(catalog, chat, first, moment).find(({ refused }) => refused === null)?.published.program;
  const gather = program?.flow.gather;
  return gather === undefined ? null : milliseconds(gather);
}

/** The last one, with the text of all. */
export function joinBurst(inbounds: readonly TurnInput[]): TurnInput {
  const last = inbounds.at(-1) as TurnInput;
  if (inbounds.length === 1) return last;
  const texts = inbounds.flatMap(({ said }) => said.text ?? []);
  const media = inbounds.map(({ said }) => said.media).findLast((one) => one !== null) ?? null;
  const before = inbounds.slice(0, -1).flatMap(({ messageId }) => messageId ?? []);
  return { ...last, joined: before, said: { ...last.said, media, text: texts.length > 0 ? cut(texts.join('\n'), TEXT_LIMIT) : null } };
}
