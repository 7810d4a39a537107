import { HooklineError } from '../../core/errors.ts';

/**
 * What one turn may cost, in about characters that are gone through: some 30 ms. Turns are taken on the thread that all tenants
 * share, so what may be done often in one is counted as it is done. A flow that people would write comes to a hundredth.
 */
const MOST = 4_000_000;

export class Effort {
  #left = MOST;

  /** Throws `flow-invalid` where the turn has come to more than it may. */
  spend(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0)
      throw new HooklineError(
        'flow-invalid',
        'this is more work than one turn may make: texts, conditions and hours of it come to too much',
      );
  }
}
