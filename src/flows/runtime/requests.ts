import { HooklineError, messageOf } from '../../core/errors.ts';
import { maskOf } from '../../core/mask.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import { unpacked } from '../../core/unpacked.ts';
import { utf8 } from '../../core/utf8.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { FlowLibrary } from '../catalogue/library.ts';
import type { FlowSecrets } from '../catalogue/secrets.ts';
import { type FlowStore, flowStore } from '../catalogue/store.ts';
import type { Chat } from '../chat.ts';
import type { Value } from '../language/schema.ts';
import { jsonSize } from '../language/size-limit.ts';
import type { Addresses, Due, WayOut } from '../ports.ts';
import { type HttpStep, requestOf, secretsIn } from '../turn/interpret/request.ts';
import type { Run } from '../turn/run.ts';
import type { HttpResult } from '../turn/state.ts';
import { ChatInbox } from './inbox-store.ts';

/** Of an answer; a longer one is no answer. */
const MOST_BYTES = 256 * 1_024;

interface RequestPorts {
  egress: WayOut;
  library: FlowLibrary;
  secrets: Pick<FlowSecrets, 'reveal'>;
  addresses: Pick<Addresses, 'names'>;
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
  readonly #egress: WayOut;
  readonly #library: FlowLibrary;
  readonly #secrets: Pick<FlowSecrets, 'reveal'>;
  readonly #runtime: Runtime;
  readonly #names: Addresses['names'];
  /** Lanes whose run waits for a request that is due. */
  readonly #asked = new Set<string>();

  constructor(db: Database, { egress, library, secrets, addresses }: RequestPorts, runtime: Runtime) {
    this.#db = db;
    this.#store = flowStore(db);
    this.#egress = egress;
    this.#names = (tenantId, id) => addresses.names(tenantId, id);
    this.#library = library;
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
      const names = secretsIn(step);
      secrets = names.length > 0 ? await this.#secrets.reveal(chat.tenantId, names) : {};
      const missing = names.find((name) => !Object.hasOwn(secrets, name));
      if (missing !== undefined) return failed(`There is no secret "${missing}": set it with "hookline secret set ${missing}"`, false);
      const facts = await new ChatInbox(asTx(this.#db), chat, this.#names).facts();
      const world = { now: this.#runtime.clock.now(), chat: facts };
      const { body: sent, ...request } = requestOf(program, run.state, step, world, {
        secrets,
        key: `${run.id}-${run.state.wait?.request ?? 0}`,
      });
      const answer = await this.#egress.request({
        ...request,
        tenantId: chat.tenantId,
        ...(sent !== undefined && { body: sent }),
        maxBytes: MOST_BYTES,
        whole: true,
      });
      if ('error' in answer) return failed(hide(`${answer.error}: ${answer.detail}`), !['blocked', 'too-large'].includes(answer.error));
      const plain = unpacked(answer.body, answer.headers['content-encoding'], MOST_BYTES);
      if (plain === null) return failed('The answer is compressed and cannot be unpacked, which was not asked for', false);
      const text = utf8(plain) ?? inItsCharset(plain, String(answer.headers['content-type'] ?? ''));
      if (text === null) return failed('The answer is not UTF-8, and names no other charset', false);
      const body = bodyOf(text);
      if (!Number.isFinite(jsonSize(body))) return failed('The JSON of the answer is nested too deeply', false);
      return { result: { status: answer.status, body }, shown: { status: answer.status } };
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
    if (!program || typeof step !== 'object' || !('http' in step)) {
      throw new HooklineError('flow-invalid', 'The revision that the run began on has no such request any more.');
    }
    return { program, step: step as HttpStep };
  }
}

/** Reads outside of a transaction; nothing is written through it. */
const asTx = ({ sql, dialect }: Database) => ({ sql, dialect, afterCommit: () => undefined });

const failed = (error: string, again: boolean): Pick<Answered, 'result' | 'shown'> => ({ result: { error, again }, shown: { error } });

/** Many an old system still answers in Latin-1, and says so. Null where no charset is named that there is. */
function inItsCharset(bytes: Buffer, type: string): string | null {
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(type)?.[1];
  try {
    return charset === undefined ? null : new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function bodyOf(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return text;
  }
}
