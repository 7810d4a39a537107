import type { Tx } from '../db/tx.ts';

/** What hangs on events; see webhooks/delivery/retention-store.ts. */
export interface Deliveries {
  /** Which of the events an endpoint is still owed. */
  owed(tx: Tx, positions: readonly number[]): Promise<Set<number>>;
  /** As `owed`, but not by an endpoint that is disabled, which may never take it. */
  owedNow(tx: Tx, positions: readonly number[]): Promise<Set<number>>;
  /** Of what receivers answered to the events nothing is kept: it may repeat what was told. */
  forgetAnswers(tx: Tx, positions: readonly number[]): Promise<void>;
}
