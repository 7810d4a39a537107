import { messageOf } from '../../core/errors.ts';
import type { EventDraft } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import type { ChatId, SendRequest } from '../../core/message.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Tx } from '../../db/tx.ts';
import type { FlowSettings, Outbox, Prepared, Sessions } from '../ports.ts';
import type { TracedTurn } from '../turn/run.ts';
import type { Send } from '../turn/state.ts';
import type { Handoff } from './handoff-store.ts';
import type { Recorded } from './turn-record.ts';

/** Thrown out of a turn whose file is not ready: it is to be made ready, and the turn taken again. */
export class NotPrepared extends Error {
  readonly key: string;
  readonly send: SendRequest;

  constructor(key: string, send: SendRequest) {
    super('A file is to be made ready first');
    this.key = key;
    this.send = send;
  }
}

export interface CarriedOut {
  sent: TracedTurn['sent'];
  events: EventDraft[];
  handoff: Handoff | null;
}

/** Does what a turn asks for, in its transaction; what is only shown on the phone is done after it, and may be lost with a crash. */
export class Effects {
  readonly #outbox: Outbox;
  readonly #sessions: Sessions;
  readonly #settingsOf: (tenantId: TenantId) => Promise<FlowSettings>;
  readonly #runtime: Runtime;

  constructor(
    { outbox, sessions, settingsOf }: { outbox: Outbox; sessions: Sessions; settingsOf(tenantId: TenantId): Promise<FlowSettings> },
    runtime: Runtime,
  ) {
    this.#settingsOf = settingsOf;
    this.#outbox = outbox;
    this.#sessions = sessions;
    this.#runtime = runtime;
  }

  async carryOut(tx: Tx, session: SessionRef, made: Recorded, prepared: ReadonlyMap<string, Prepared>): Promise<CarriedOut> {
    const done: CarriedOut = { sent: [], events: [], handoff: null };
    const { chatId } = made.run;
    const isOpen = made.effects.some((effect) => effect.kind === 'send' && effect.send.typing === undefined);
    const typing = isOpen && (await this.#settingsOf(session.tenantId)).typing;
    let index = 0;
    for (const effect of made.effects) {
      if (effect.kind === 'send') {
        const key = made.keyOf(index++);
        done.sent.push({
          step: effect.step,
          messageId: await this.#send(tx, session, { send: { typing, ...effect.send }, to: chatId, key, flow: made.run.flow }, prepared),
        });
      } else if (effect.kind === 'emit') {
        const { tenantId, ...of } = session;
        done.events.push({ tenantId, session: of, type: effect.type, data: effect.data, subject: chatId });
      } else if (effect.kind === 'handoff') {
        const now = this.#runtime.clock.now();
        done.handoff = { since: now, until: effect.pause === null ? null : now + effect.pause, by: 'flow', note: effect.note };
      } else tx.afterCommit(() => void this.#see(session, chatId));
    }
    if (made.looped) done.handoff = { since: this.#runtime.clock.now(), until: null, by: 'loop', note: null };
    return done;
  }

  async #send(
    tx: Tx,
    session: SessionRef,
    { send: said, to, key, flow }: { send: Send; to: ChatId; key: string; flow: string },
    prepared: ReadonlyMap<string, Prepared>,
  ): Promise<string> {
    const send = { ...said, to } as SendRequest & { to: ChatId };
    const file = 'media' in send ? JSON.stringify(send.media) : null;
    if (file !== null && !prepared.has(file)) throw new NotPrepared(file, send);
    const { id } = await this.#outbox.enqueue(tx, session, { ...send, key, flow }, file === null ? undefined : prepared.get(file));
    return id;
  }

  async #see({ id }: SessionRef, chat: ChatId): Promise<void> {
    try {
      await this.#sessions.engineOf(id)?.seen(chat);
    } catch (error) {
      this.#runtime.log.debug('A chat was not marked as read', { error: messageOf(error) });
    }
  }
}
