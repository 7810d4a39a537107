/** Runs jobs one after the other. One that fails rejects to whoever gave it, and `onFailure` is run before the next job. */
export class JobQueue {
  readonly #onFailure: (error: unknown) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  /** `onFailure` must not reject. */
  constructor(onFailure: (error: unknown) => Promise<void>) {
    this.#onFailure = onFailure;
  }

  run<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#last.then(job);
    this.#last = done.then(() => undefined, this.#onFailure);
    return done;
  }

  /** Resolves when nothing runs and nothing waits. */
  async settled(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.#last; ) {
      seen = this.#last;
      await seen;
    }
  }
}
