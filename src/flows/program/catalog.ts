/** The flows of one tenant as a turn needs them: in memory, by name and revision, and by what starts them. */
import { ANYTIME } from '../language/schema.ts';
import { StartIndex } from '../understanding/match.ts';
import type { Program } from './program.ts';

/** A flow that new runs may begin on. */
export interface Published {
  program: Program;
  revision: number;
}

export class Catalog {
  readonly index: StartIndex<Published>;
  readonly flows: readonly Published[];
  /** Whether some flow joins bursts of messages. */
  readonly gathers: boolean;
  /** The one whose words are heard at any time. */
  readonly everywhere: Published | undefined;
  readonly #byName: ReadonlyMap<string, Published>;
  readonly #pinned = new Map<string, Program | null>();

  constructor(flows: readonly Published[]) {
    this.flows = flows;
    this.gathers = flows.some(({ program }) => program.flow.gather !== undefined);
    this.index = new StartIndex(flows);
    this.#byName = new Map(flows.map((published) => [published.program.flow.flow, published]));
    this.everywhere = this.#byName.get(ANYTIME);
  }

  current(flow: string): Published | undefined {
    return this.#byName.get(flow);
  }

  /** Notes a revision that some run began on; null for one that this version of the hub cannot read. */
  pin(flow: string, revision: number, program: Program | null): void {
    this.#pinned.set(`${flow} ${revision}`, program);
  }

  /** Undefined when it was not pinned and is not the current one. */
  program(flow: string, revision: number): Program | null | undefined {
    const current = this.#byName.get(flow);
    return current?.revision === revision ? current.program : this.#pinned.get(`${flow} ${revision}`);
  }

  /** The flows that a flow calls, and those they call, at the revisions of now. */
  revisionsFor(program: Program): Record<string, number> | undefined {
    const revisions: Record<string, number> = {};
    const open = [...program.calls];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const published = this.#byName.get(name);
      if (!published || Object.hasOwn(revisions, name)) continue;
      revisions[name] = published.revision;
      open.push(...published.program.calls);
    }
    return Object.keys(revisions).length > 0 ? revisions : undefined;
  }
}
