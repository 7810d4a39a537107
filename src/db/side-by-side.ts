/** Pieces of work that go side by side, parts of which have to be alone for a while. */
export class SideBySide {
  /** Those that are under way and do not wait. */
  #active = 0;
  #isAlone = false;
  readonly #toBeAlone: (() => void)[] = [];
  readonly #toGoOn: (() => void)[] = [];

  /** `work` is given what runs a part of it alone; within that part the same again runs at once. */
  async run<T>(work: (alone: <P>(part: () => Promise<P>) => Promise<P>) => Promise<T>): Promise<T> {
    await this.#enter();
    let isAlone = false;
    try {
      return await work(async (part) => {
        if (isAlone) return part();
        this.#leave();
        await this.#waitAlone();
        isAlone = true;
        try {
          return await part();
        } finally {
          isAlone = false;
          this.#isAlone = false;
          const entered = this.#enter();
          this.#next();
          await entered;
        }
      });
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#isAlone || this.#toBeAlone.length > 0) await new Promise<void>((resolve) => this.#toGoOn.push(resolve));
    else this.#active++;
  }

  async #waitAlone(): Promise<void> {
    const turn = new Promise<void>((resolve) => this.#toBeAlone.push(resolve));
    this.#next();
    await turn;
  }

  #leave(): void {
    this.#active--;
    this.#next();
  }

  #next(): void {
    if (this.#isAlone) return;
    if (this.#active === 0 && this.#toBeAlone.length > 0) {
      this.#isAlone = true;
      this.#toBeAlone.shift()?.();
    } else if (this.#toBeAlone.length === 0) {
      for (const goOn of this.#toGoOn.splice(0)) {
        this.#active++;
        goOn();
      }
    }
  }
}
