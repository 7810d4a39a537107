/** What waits, by whom it is for: whoever waits has one taken in turn, each the oldest of its own. */
export class Turns<Item> {
  /** In the order of their turns. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(name: string, item: Item): void {
    const line = this.#lines.get(name);
    if (line) line.push(item);
    else this.#lines.set(name, [item]);
    this.#size++;
  }

  /** Undefined when nothing waits. */
  take(): Item | undefined {
    for (const [name, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(name);
      if (line.length > 0) this.#lines.set(name, line);
      this.#size--;
      return item;
    }
    return undefined;
  }
}
