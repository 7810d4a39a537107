/** Flows that somebody's own system starts. */
import { during } from '../../core/during.ts';
import { type Fault, HooklineError, toldFaults } from '../../core/errors.ts';
import { fingerprintOf } from '../../core/fingerprint.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Tx } from '../../db/tx.ts';
import { type FlowLibrary, NotRead } from '../catalogue/library.ts';
import type { FlowStore } from '../catalogue/store.ts';
import { requested } from '../events.ts';
import { laneOf } from '../lane.ts';
import { inputsOf, type Value } from '../language/schema.ts';
import { jsonSize, VALUE_LIMIT } from '../language/size-limit.ts';
import type { Addresses, Lanes, Ledger } from '../ports.ts';
import type { Program } from '../program/program.ts';
import { refusalToStart } from '../turn/chat-turn.ts';
import { missingInputs } from '../turn/guards.ts';
import { nothingSaidIn } from '../understanding/inbound.ts';
import { ChatNames } from './chat-renames-store.ts';
import { inHands } from './handoff.ts';
import { ChatInbox } from './inbox-store.ts';
import { StartStore } from './start-store.ts';

const KEY_LASTS: Milliseconds = 24 * 60 * 60_000;
/** Times that what is published may change while a start waits for it to be read. */
const MOST_READS = 5;

export interface StartPorts {
  ledger: Pick<Ledger, 'append'>;
  lanes: Pick<Lanes, 'schedule'>;
  addresses: Pick<Addresses, 'names'>;
  library: FlowLibrary;
}

export interface Asked {
  flow: string;
  data: Record<string, Value>;
  /** The caller's. */
  idempotencyKey?: string | undefined;
}

type Outcome = { chat: ChatId; replayed: boolean } | { refused: string } | { mismatch: true };

export class Starts {
  readonly #store: FlowStore;
  readonly #ports: StartPorts;
  readonly #runtime: Pick<Runtime, 'clock' | 'random'>;

  constructor(store: FlowStore, ports: StartPorts, runtime: Pick<Runtime, 'clock'> & Partial<Pick<Runtime, 'random'>>) {
    this.#store = store;
    this.#ports = ports;
    this.#runtime = { random: Math.random, ...runtime };
  }

  /**
   * Resolves when the request is on disk; the flow starts in its turn, where all that may keep it from that is asked once more.
   * `replayed`: it was asked for under the same key before. Rejects with `flow-invalid` for data that the flow does not take,
   * `flow-refused` with why it does not start, and `idempotency-mismatch`.
   */
  async start(session: SessionRef, chat: ChatId, program: Program, asked: Asked): Promise<{ chat: ChatId; replayed: boolean }> {
    const faults = faultsOf(program, asked.data);
    if (faults.length > 0)
      throw new HooklineError('flow-invalid', toldFaults(`The flow "${asked.flow}" was not started`, faults), { errors: faults });
    const outcome = await this.#try(session, chat, asked);
    if ('mismatch' in outcome) {
      const detail = 'This Idempotency-Key was used to start something else. Use a new key for a new start.';
      throw new HooklineError('idempotency-mismatch', detail);
    }
    if ('refused' in outcome) {
      throw new HooklineError('flow-refused', `The flow "${asked.flow}" was not started: ${outcome.refused}.`);
    }
    return outcome;
  }

  async #try(session: SessionRef, chat: ChatId, asked: Asked): Promise<Outcome> {
    const { tenantId } = session;
    const names = await this.#ports.addresses.names(tenantId, chat);
    for (let reads = 0; ; reads++) {
      try {
        return await this.#store.transact(tenantId, (_, tx) => this.#within(tx, session, { chat, names }, asked));
      } catch (error) {
        if (!(error instanceof NotRead) || reads === MOST_READS) throw error;
        await this.#store.read(tenantId, async (flows) => {
          const home = await new ChatNames(flows.sql, { tenantId, sessionId: session.id, id: chat }).home(names);
          await this.#ports.library.catalog(flows, await flows.waitingRun(session.id, home.id));
        });
      }
    }
  }

  async #within(tx: Tx, session: SessionRef, { chat, names }: { chat: ChatId; names: readonly ChatId[] }, asked: Asked): Promise<Outcome> {
    const { tenantId, id: sessionId } = session;
    const { ledger, lanes, library } = this.#ports;
    const now = this.#runtime.clock.now();
    const of = { tenantId, sessionId, id: chat };
    // Holds the chat: a turn under way in it ends before, and nobody else asks for something meanwhile.
    await lanes.schedule(tx, [{ kind: 'flow', key: laneOf(of), tenantId, dueAt: now }]);
    const promises = new StartStore(tx, tenantId);
    const key = asked.idempotencyKey ?? null;
    const fingerprint = fingerprintOf({ session: sessionId, flow: asked.flow, data: asked.data });
    const before = key === null ? undefined : await promises.byKey(key, now - KEY_LASTS);
    // The chat by whichever of its names it was given.
    const isSame = before?.fingerprint === fingerprint && names.includes(before.chatId);
    if (before) return isSame ? { chat: before.chatId, replayed: true } : { mismatch: true };
    const home = await new ChatNames(tx.sql, of).home(names);
    const { handoff, run, facts, version } = await new ChatInbox(tx, home, (tenant, id) =>
      this.#ports.addresses.names(tenant, id),
    ).standing();
    const isHanded = handoff !== null && (handoff.until === null || handoff.until > now);
    if (isHanded) return { refused: inHands(handoff) };
    const promised = await promises.promisedAt(sessionId, names, asked.flow, facts.position);
    const starts = promised === undefined ? facts.starts : { ...facts.starts, [asked.flow]: promised };
    const catalog = library.held(tenantId, version, run);
    const request = { flow: asked.flow, by: 'api', data: asked.data } as const;
    const inbound = {
      kind: 'request',
      eventId: '',
      messageId: null,
      at: now,
      sessionName: session.name,
      said: nothingSaidIn(chat),
      request,
    } as const;
    const refused = during({ tenantId, what: 'flows.start' }, () =>
      refusalToStart(catalog, { ...facts, starts }, run, inbound, { now, random: this.#runtime.random }),
    );
    if (refused !== null) return { refused };
    const [event] = await ledger.append(tx, [requested(session, chat, request)]);
    if (event)
      await promises.keep(
        { position: event.position, sessionId, chatId: chat, flow: asked.flow, key, fingerprint, at: now },
        now - KEY_LASTS,
      );
    return { chat, replayed: false };
  }
}

/** Of a list of such numbers, the answer names so many. */
const MOST_ROUNDED = 20;

/** Numbers that came with more digits than are left of them: flows would tell another one. */
function* roundedIn(value: Value, path: string): Generator<Fault> {
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    yield { path, message: `has more digits than a number keeps (${value}): put it in quotes` };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) yield* roundedIn(one, `${path}.${key}`);
}

function faultsOf(program: Program, data: Record<string, Value>): Fault[] {
  const { flow } = program;
  const inputs = inputsOf(flow).map(({ name }) => name);
  const faults: Fault[] = Object.keys(data)
    .filter((key) => !inputs.includes(key))
    .map((key) => ({ path: `data.${key}`, message: `the flow has no input "${key}": list it under "inputs"` }));
  for (const name of missingInputs(program, data)) faults.push({ path: `data.${name}`, message: `the flow needs the input "${name}"` });
  if (jsonSize(data) > VALUE_LIMIT) faults.push({ path: 'data', message: 'is too large or nested too deeply' });
  else faults.push(...roundedIn(data, 'data').take(MOST_ROUNDED));
  if (!flow.start.some((trigger) => 'api' in trigger)) {
    faults.push({ path: 'flow', message: `"${flow.flow}" does not start by the API: put "- api: true" under its "start"` });
  }
  return faults;
}
