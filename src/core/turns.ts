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

  /** All that wait, in no order that counts. */
  items(): Item[] {
    return [...this.#lines.values()].flat();
  }

  /** Leaves only those that `wanted` wants, in their order. */
  sift(wanted: (item: Item) => boolean): void {
    for (const [name, line] of this.#lines) {
      const left = line.filter(wanted);
      this.#size -= line.length - left.length;
      if (left.length > 0) this.#lines.set(name, left);
      else this.#lines.delete(name);
    }
  }
}
