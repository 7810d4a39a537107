/** Which flow a message or event starts, and why each of the others does not. Pure. */

import { hasCode } from '../core/errors.ts';
import type { ChatId, ChatKind } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Catalog, Published } from './catalog.ts';
import { isTrue } from './conditions.ts';
import { Effort } from './effort.ts';
import { scopeOf } from './interpret/scope.ts';
import { type Hit, heard, type Matches } from './match.ts';
import type { Inbound } from './said.ts';
import { type Condition, milliseconds } from './schema.ts';
import { type ChatMemory, FIRST_STATE, type RunState } from './state.ts';

/** A chat as the flows know it. */
export interface ChatFacts extends ChatMemory {
  id: ChatId;
  kind: ChatKind;
  /** What carries its session. */
  engine: string;
  /** The flows have seen it before. */
  known: boolean;
  /** When each flow began here last. */
  starts: Record<string, Milliseconds>;
  /** Digests of what flows sent in the last minutes, with when. */
  sent: [string, Milliseconds][];
}

export interface Candidate {
  published: Published;
  /** How it would start; null for an event. */
  hit: Hit | null;
  /** Why it does not start all the same. */
  refused: string | null;
}

/** Every flow that the inbound could start, the best first. */
export function candidates(
  catalog: Catalog,
  chat: ChatFacts,
  inbound: Inbound,
  { now, matches }: { now: Milliseconds; matches?: Matches | undefined },
): Candidate[] {
  const state: RunState = { ...FIRST_STATE, last: { said: inbound.said, messageId: inbound.messageId, sessionName: inbound.sessionName } };
  const effort = new Effort();
  const refusal = ({ program }: Published, condition?: Condition): string | null =>
    refusalOf(program, chat, { ...state, ...(inbound.event && { event: inbound.event }) }, { now, condition, effort });
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

type Program = Published['program'];

function refusalOf(
  program: Program,
  chat: ChatFacts,
  state: RunState,
  { now, condition, effort }: { now: Milliseconds; condition: Condition | undefined; effort: Effort },
): string | null {
  const { flow } = program;
  if (chat.kind !== 'private' && !asksFor(flow.only_if, chat.kind)) return `it answers in private chats, and this is a ${chat.kind}`;
  const last = Object.hasOwn(chat.starts, flow.flow) ? chat.starts[flow.flow] : undefined;
  if (flow.again_after !== undefined && last !== undefined && now < last + milliseconds(flow.again_after)) {
    return `it began here less than ${flow.again_after} ago ("again_after")`;
  }
  if (flow.only_if === undefined && condition === undefined) return null;
  try {
    const scope = scopeOf(program, state, { now, chat }, { effort });
    if (flow.only_if !== undefined && !isTrue(flow.only_if, scope)) return `its "only_if" does not hold: ${shown(flow.only_if)}`;
    if (condition !== undefined && !isTrue(condition, scope)) return `the "if" of its start does not hold: ${shown(condition)}`;
    return null;
  } catch (error) {
    if (!hasCode(error, 'flow-invalid')) throw error;
    return `its condition was not looked at: with those of other flows ${error.message}`;
  }
}

const shown = (condition: Condition): string => JSON.stringify(condition).slice(0, 500);

/** Groups, channels and the like start nothing unless a flow says so. */
export function asksFor(condition: Condition | undefined, kind: ChatKind): boolean {
  return typeof condition === 'object' && (condition.chat === 'any' || condition.chat === kind);
}
