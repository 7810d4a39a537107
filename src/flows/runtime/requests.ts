import { HooklineError, messageOf } from '../../core/errors.ts';
import { maskOf } from '../../core/mask.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { FlowLibrary } from '../catalogue/library.ts';
import type { FlowSecrets } from '../catalogue/secrets.ts';
import { type FlowStore, flowStore } from '../catalogue/store.ts';
import type { Chat } from '../chat.ts';
import { modelFault } from '../language/models.ts';
import type { Value } from '../language/schema.ts';
import type { Addresses, Due, Models } from '../ports.ts';
import { secretsIn } from '../text/known-names.ts';
import { addressIn, askedOutside, asksOutside } from '../turn/interpret/asked-outside.ts';
import type { Run } from '../turn/run.ts';
import type { HttpResult } from '../turn/state.ts';
import type { Fetch } from './fetch.ts';
import { ChatInbox } from './inbox-store.ts';

interface RequestPorts {
  fetch: Fetch;
  library: FlowLibrary;
  secrets: Pick<FlowSecrets, 'reveal'>;
  addresses: Pick<Addresses, 'names'>;
  models: Models;
}

/** What came of the request of a run. */
export interface Answered {
  runId: string;
  request: number;
  attempt: number;
  result: HttpResult;
  /** For the trace. */
  shown: { status: number } | { error: string };
}

/**
 * Requests of flows, made between two turns: the first one has committed that the run waits for it, the next one takes what
 * came of it. A crash in between makes it again, under the same Idempotency-Key.
 */
export class Requests {
  readonly #store: FlowStore;
  readonly #db: Database;
  readonly #fetch: Fetch;
  readonly #library: FlowLibrary;
  readonly #secrets: Pick<FlowSecrets, 'reveal'>;
  readonly #runtime: Runtime;
  readonly #names: Addresses['names'];
  readonly #models: Models;
  /** Lanes whose run waits for a request that is due. */
  readonly #asked = new Set<string>();

  constructor(db: Database, { fetch, library, secrets, addresses, models }: RequestPorts, runtime: Runtime) {
    this.#db = db;
    this.#store = flowStore(db);
    this.#fetch = fetch;
    this.#names = (tenantId, id) => addresses.names(tenantId, id);
    this.#library = library;
    this.#models = models;
    this.#secrets = secrets;
    this.#runtime = runtime;
  }

  /** The lane's next turn begins with the request of its run. */
  ask(tx: Pick<Tx, 'afterCommit'>, lane: string, now: Milliseconds): Due {
    tx.afterCommit(() => this.#asked.add(lane));
    return { retryAt: now };
  }

  /** Makes the request that the lane was to begin with; undefined where there is none. */
  async answer(lane: string, chat: Chat): Promise<Answered | undefined> {
    if (!this.#asked.delete(lane)) return undefined;
    const run = await this.#store.read(chat.tenantId, (flows) => flows.waitingRun(chat.sessionId, chat.id));
    const wait = run?.state.wait;
    if (!run || wait?.for !== 'http') return undefined;
    const { result, shown } = await this.#make(chat, run);
    return { runId: run.id, request: wait.request, attempt: wait.attempt, result, shown };
  }

  async #make(chat: Chat, run: Run): Promise<Pick<Answered, 'result' | 'shown'>> {
    let secrets: Record<string, string> = {};
    /** No secret stands in a trace, an event or a log, whatever an error repeats. */
    const hide = (text: string): string => maskOf(Object.values(secrets))(text);
    try {
      const { program, step } = await this.#placeOf(chat, run);
      const off = 'ask_model' in step ? modelFault(addressIn(step).url, this.#models) : undefined;
      if (off !== undefined) return failed(off, false);
      const names = secretsIn(step);
      secrets = names.length > 0 ? await this.#secrets.reveal(chat.tenantId, names) : {};
      const missing = names.find((name) => !Object.hasOwn(secrets, name));
      if (missing !== undefined)
        return failed(
          `There is no secret "${missing}": set it with "hookline secret set ${missing}", or in the dashboard under Flows, Secrets`,
          false,
        );
      const facts = await new ChatInbox(this.#db, chat, this.#names).facts();
      const world = { now: this.#runtime.clock.now(), chat: facts };
      const { body: sent, ...request } = askedOutside(program, run.state, step, world, {
        secrets,
        key: `${run.id}-${run.state.wait?.request ?? 0}`,
      });
      const result = await this.#fetch({ ...request, tenantId: chat.tenantId, body: sent });
      if ('error' in result) return failed(hide(result.error), result.again);
      // What went wrong may be told with the key that was sent along, and is told on.
      const { status, retryAfter } = result;
      const body = status < 400 ? result.body : masked(result.body, hide);
      return { result: { status, body, ...(retryAfter !== undefined && { retryAfter }) }, shown: { status } };
    } catch (error) {
      if (!(error instanceof HooklineError || error instanceof TypeError)) throw error;
      return failed(hide(messageOf(error)), false);
    }
  }

  async #placeOf(chat: Chat, run: Run) {
    const catalog = await this.#store.read(chat.tenantId, (flows) => this.#library.catalog(flows, run));
    const { flow, at, revisions = {} } = run.state;
    const program = flow === undefined ? catalog.program(run.flow, run.revision) : catalog.program(flow, revisions[flow] ?? run.revision);
    const step = program?.steps.get(at ?? '')?.step;
    if (!program || !asksOutside(step)) {
      throw new HooklineError('flow-invalid', 'The revision that the run began on has no such request any more.');
    }
    return { program, step };
  }
}

function masked(body: Value, hide: (text: string) => string): Value {
  if (typeof body === 'string') return hide(body);
  if (Array.isArray(body)) return body.map((one) => masked(one, hide));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, one]) => [hide(key), masked(one, hide)]));
}

const failed = (error: string, again: boolean): Pick<Answered, 'result' | 'shown'> => ({ result: { error, again }, shown: { error } });
