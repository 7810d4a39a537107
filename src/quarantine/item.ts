import type { QuarantineId, SessionId, TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { Milliseconds } from '../core/runtime.ts';

/** What could not be done with it: the hub could not make out what it says, not store it, or one of its followers not react to it. */
export const STAGES = ['mapping', 'storing', 'reaction'] as const;
type Stage = (typeof STAGES)[number];

export const KINDS = ['message', 'notice', 'ack', 'event'] as const;
type Kind = (typeof KINDS)[number];

/** One thing that could not be taken in, whole. */
export interface Aside {
  stage: Stage;
  kind: Kind;
  /** As it came; of an event nothing, it is in the ledger. */
  raw?: unknown;
  /** WhatsApp's id of the message that it is, where it has one. */
  engineId?: string | null;
  /** Of the ledger, and the event that it could not react to. */
  follower?: string;
  eventId?: string;
  error: unknown;
  /** False: no event tells of it. */
  announce?: false;
}

export interface Item {
  id: QuarantineId;
  tenantId: TenantId;
  sessionId: SessionId | null;
  at: Milliseconds;
  stage: Stage;
  kind: Kind;
  engineId: string | null;
  follower: string | null;
  eventId: string | null;
  /** JSON; only the first part of it where it is longer than what is kept. */
  raw: string;
  /** Bytes of all of it. */
  size: number;
  error: string;
  attempts: number;
  /** Of the hub that tried it last, and when. */
  version: string;
  triedAt: Milliseconds;
}

/** In a list, where what came itself would be too much. */
export type Listed = Omit<Item, 'raw'>;

export interface ItemView extends Omit<Listed, 'at' | 'triedAt'> {
  at: string;
  triedAt: string;
  /** Whether only a part of it is here: then it cannot be tried again. */
  truncated: boolean;
}

/** Bytes that are kept of one thing. */
export const MOST_RAW = 256 * 1_024;

export const isTruncated = ({ size }: Pick<Item, 'size'>): boolean => size > MOST_RAW;

export function viewOf({ at, triedAt, ...item }: Listed): ItemView {
  return { ...item, at: iso(at), triedAt: iso(triedAt), truncated: isTruncated(item) };
}
