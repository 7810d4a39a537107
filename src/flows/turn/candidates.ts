/** Which flow a message or event starts, and why each of the others does not. Pure. */
import type { ChatId, ChatKind } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Condition } from '../language/schema.ts';
import type { Catalog, Published } from '../program/catalog.ts';
import { Effort } from '../text/effort.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import { type Hit, heard, type Matches } from '../understanding/match.ts';
import { refusalOf } from './guards.ts';
import { type ChatMemory, FIRST_STATE, type RunState } from './state.ts';

/** A chat as the flows know it. */
export interface ChatFacts extends ChatMemory {
  id: ChatId;
  kind: ChatKind;
  /** What carries its session. */
  engine: string;
  /** The flows have seen it before. */
  known: boolean;
  /** Digests of what flows sent in the last minutes, with when. */
  sent: [string, Milliseconds][];
}

export interface Candidate {
  published: Published;
  /** How it would start; null for what is no message. */
  hit: Hit | null;
  /** Why it does not start all the same. */
  refused: string | null;
}

/** Every flow that the inbound could start, the best first. */
export function candidates(
  catalog: Catalog,
  chat: ChatFacts,
  inbound: TurnInput,
  { now, matches }: { now: Milliseconds; matches?: Matches | undefined },
): Candidate[] {
  const { said, messageId, sessionName, request } = inbound;
  const state: RunState = { ...FIRST_STATE, answers: { ...request?.data }, last: { said, messageId, sessionName } };
  const effort = new Effort();
  const refusal = ({ program }: Published, condition?: Condition): string | null =>
    refusalOf(program, chat, { ...state, ...(inbound.event && { event: inbound.event }) }, { now, condition, effort });
  if (request) {
    const published = catalog.current(request.flow);
    return published ? [{ published, hit: null, refused: refusal(published) }] : [];
  }
  if (inbound.kind === 'event') {
    return catalog.flows.flatMap((published) => {
      const trigger = published.program.flow.start.find((one) => 'event' in one && one.event === inbound.event?.type);
      if (!trigger || !('event' in trigger)) return [];
      return [{ published, hit: null, refused: refusal(published, trigger.if) }];
    });
  }
  return catalog.index
    .find(heard(inbound.said, { first: !chat.known, matches }))
    .map(({ flow, hit }) => ({ published: flow, hit, refused: refusal(flow) }));
}
