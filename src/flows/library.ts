import { parseFlow } from './parse.ts';
import { compile, type Program } from './program.ts';
import type { FlowReader, RevisionKey } from './store.ts';

/** A flow that new runs may begin on. */
export interface Published {
  program: Program;
  revision: number;
}

/** Programs held in memory; beyond that the oldest is parsed again when it is needed. */
const CAPACITY = 5_000;

/**
 * Programs by the digest of their text: a revision never changes, so nothing here goes stale, whoever publishes what.
 * A text that this version of the hub cannot read any more is null.
 */
export class FlowLibrary {
  readonly #programs = new Map<string, Program | null>();

  async current(flows: FlowReader): Promise<Published[]> {
    const published: Published[] = [];
    for (const key of await flows.current()) {
      const program = this.#programs.get(key.digest) ?? (await this.program(flows, key.flow, key.revision));
      if (program) published.push({ program, revision: key.revision });
    }
    return published;
  }

  async program(flows: FlowReader, flow: string, revision: number): Promise<Program | null> {
    const stored = await flows.revision(flow, revision);
    return stored ? this.#read(stored) : null;
  }

  #read({ flow, digest, source }: RevisionKey & { source: string }): Program | null {
    const known = this.#programs.get(digest);
    if (known !== undefined) return known;
    const parsed = parseFlow({ path: flow, source });
    const program = 'flow' in parsed ? compile(parsed.flow) : null;
    if (this.#programs.size >= CAPACITY) this.#programs.delete(this.#programs.keys().next().value as string);
    this.#programs.set(digest, program);
    return program;
  }
}
