interface Gate {
  inside: number;
  line: (() => void)[];
}

/**
 * Places by name: whoever finds none waits in line. How many a name has is asked each time somebody comes or leaves, so
 * it may change, also to none.
 */
export class KeyedSemaphore {
  readonly #gates = new Map<string, Gate>();
  readonly #slots: (name: string) => number;
  #inside = 0;

  constructor(slots: (name: string) => number) {
    this.#slots = slots;
  }

  /** How many are inside, of all names. */
  get inside(): number {
    return this.#inside;
  }

  /** Calls `admitted` when there is a place, at once or later; `leave` gives it back. */
  enter(name: string, admitted: () => void): void {
    const gate = this.#gates.get(name) ?? { inside: 0, line: [] };
    this.#gates.set(name, gate);
    gate.line.push(admitted);
    this.admit(name);
  }

  leave(name: string): void {
    const gate = this.#gates.get(name);
    if (!gate) return;
    gate.inside--;
    this.#inside--;
    this.admit(name);
    if (gate.inside === 0 && gate.line.length === 0) this.#gates.delete(name);
  }

  /** Lets in whom the slots of now are enough for. */
  admit(name: string): void {
    const gate = this.#gates.get(name);
    while (gate && gate.line.length > 0 && gate.inside < this.#slots(name)) {
      gate.inside++;
      this.#inside++;
      gate.line.shift()?.();
    }
  }

  /** Sends home all who wait in line. */
  clear(): void {
    for (const gate of this.#gates.values()) gate.line = [];
  }
}
