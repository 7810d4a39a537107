interface Reading<T> {
  current: Promise<T>;
  /** Asked for meanwhile: begins when the current one has ended. */
  next?: Promise<T>;
}

/**
 * Lets those who ask for the same at the same time share one read. Nobody gets an answer that is older than the question:
 * whoever asks while a read is under way waits for the next one, which they share.
 */
export class SharedReads<T> {
  readonly #readings = new Map<string, Reading<T>>();

  get(key: string, read: () => Promise<T>): Promise<T> {
    const reading = this.#readings.get(key);
    if (!reading) return this.#begin(key, read);
    const begin = (): Promise<T> => this.#begin(key, read);
    reading.next ??= reading.current.then(begin, begin);
    return reading.next;
  }

  #begin(key: string, read: () => Promise<T>): Promise<T> {
    const reading: Reading<T> = { current: read() };
    this.#readings.set(key, reading);
    const end = (): void => {
      if (!reading.next) this.#readings.delete(key);
    };
    reading.current.then(end, end);
    return reading.current;
  }
}
