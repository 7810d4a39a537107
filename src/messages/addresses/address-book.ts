import { type ErrorCode, HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import { failedBefore } from '../../core/send-stage.ts';
import type { SessionRef } from '../../core/session.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { USERNAME, variantsOf } from '../recipients.ts';
import { Identities, type Named } from './identities.ts';
import { type AddressStore, type Answer, addressStore } from './store.ts';

/** Whoever can ask WhatsApp about an address, with a deadline of its own. */
interface Asked {
  exists(address: ChatId): Promise<{ exists: boolean; chatId: ChatId | null; lid: ChatId | null; phone: string | null }>;
}

/** Accounts seldom go; who is not there now may be in an hour. */
const KNOWN_LASTS: Milliseconds = 30 * 24 * 60 * 60_000;
/** A username may be another's tomorrow. */
const USERNAME_LASTS: Milliseconds = 24 * 60 * 60_000;
const UNKNOWN_LASTS: Milliseconds = 60 * 60_000;
/** No later try of a send can change these. */
const FINAL: readonly ErrorCode[] = ['recipient-unknown', 'recipient-invalid', 'not-supported-by-engine'];

/** What is known of an address, as `GET …/exists` answers it. */
export interface Checked {
  exists: boolean;
  /** Where the account is written to. */
  id: ChatId | null;
  lid: ChatId | null;
  phone: string | null;
  checkedAt: Milliseconds;
}

/** Who is on WhatsApp, under which address, and which hidden number is whose. */
export class AddressBook {
  readonly #store: AddressStore;
  readonly #clock: Clock;
  readonly #identities: Identities;
  /** Questions that WhatsApp has not answered yet, so that an address is asked about once at a time. */
  readonly #asking = new SingleFlight<Answer>();

  constructor(db: Database, { clock }: { clock: Clock }) {
    this.#store = addressStore(db);
    this.#clock = clock;
    this.#identities = new Identities(this.#store, clock);
  }

  /**
   * Where the account of this address is written to: asks WhatsApp once, then knows for a month. Groups, hidden numbers and
   * newsletters come from WhatsApp itself and are not asked about. Rejects with `recipient-unknown` and with what the engine throws.
   */
  async find(session: SessionRef, chatId: ChatId, engine: Asked): Promise<ChatId> {
    const isUsername = chatId.endsWith(USERNAME);
    if (!chatId.endsWith('@c.us') && !isUsername) return chatId;
    const answer = await this.#answer(session, chatId, engine);
    if (answer.chatId !== null) return answer.chatId;
    if (isUsername) {
      const name = chatId.slice(0, -USERNAME.length);
      throw new HooklineError(
        'recipient-unknown',
        `@${name}: nobody at WhatsApp has this username. Ask for the new one, or for the number.`,
      );
    }
    const tried = variantsOf(chatId).map((form) => `+${form.split('@')[0]}`);
    throw new HooklineError('recipient-unknown', `${tried.join(', ')}: not on WhatsApp. Check the number and its country code.`);
  }

  /** As `find`, for a send: who is not there is `refused`, and whatever else fails comes before the hand-over. */
  async resolve(session: SessionRef, chatId: ChatId, engine: Asked): Promise<ChatId> {
    return this.find(session, chatId, engine).catch((error: unknown) => {
      throw failedBefore(error, { final: FINAL, unforeseen: 'engine-failed' });
    });
  }

  /** The answer on record, or WhatsApp's when there is none or a `fresh` one is asked for. Rejects with what the engine throws. */
  async check(session: SessionRef, chatId: ChatId, engine: Asked, { fresh = false } = {}): Promise<Checked> {
    const answer = await (fresh ? this.#ask(session, chatId, engine) : this.#answer(session, chatId, engine));
    const [named] = await this.#identities.complete(session.tenantId, [namedBy(answer.chatId ?? chatId)]);
    const { lid = null, phone = null } = named ?? {};
    return { exists: answer.chatId !== null, id: answer.chatId, lid, phone, checkedAt: answer.checkedAt };
  }

  /** Every name under which the chat of this address may be stored, the address itself first: each form of the number, and the hidden one. */
  names(tenantId: TenantId, chatId: ChatId): Promise<ChatId[]> {
    return this.#identities.names(tenantId, chatId);
  }

  /**
   * By which of its names the session knows this chat, without asking WhatsApp: the one last heard from, else where the
   * answer on record says that it is written to, else the address itself.
   */
  async knownAs({ id, tenantId }: SessionRef, chatId: ChatId): Promise<ChatId> {
    const names = await this.names(tenantId, chatId);
    return this.#store.read(tenantId, async (addresses) => {
      const heard = await addresses.lastHeardOf(id, names);
      if (heard) return heard.chatId;
      for (const name of names) {
        const answer = await addresses.answer(name);
        if (answer?.chatId) return answer.chatId;
      }
      return chatId;
    });
  }

  /** Notes who was seen with both names, and fills in the one that is missing, as far as it is known. In the transaction of what told them. */
  learn<T extends Named>(tx: Tx, { tenantId }: SessionRef, parties: readonly T[]): Promise<T[]> {
    return this.#identities.learn(tx, tenantId, parties);
  }

  /** As `learn`, for who is only shown. */
  complete<T extends Named>(tenantId: TenantId, parties: readonly T[]): Promise<T[]> {
    return this.#identities.complete(tenantId, parties);
  }

  async #answer(session: SessionRef, chatId: ChatId, engine: Asked): Promise<Answer> {
    const now = this.#clock.now();
    const stored = await this.#store.read(session.tenantId, (addresses) => addresses.answer(chatId));
    if (stored?.chatId && stored.expiresAt > now) return stored;
    const heard = await this.#heardOf(session, chatId);
    if (heard && heard.expiresAt > now) return this.#keep(session, chatId, heard);
    return stored && stored.expiresAt > now ? stored : this.#ask(session, chatId, engine);
  }

  /** Whoever wrote to this session is there, under the very address that they wrote from. */
  async #heardOf(session: SessionRef, chatId: ChatId): Promise<Answer | undefined> {
    const heard = await this.#store.read(session.tenantId, (addresses) => addresses.lastHeardOf(session.id, variantsOf(chatId)));
    return heard && { chatId: heard.chatId, checkedAt: heard.at, expiresAt: heard.at + KNOWN_LASTS };
  }

  #ask(session: SessionRef, chatId: ChatId, engine: Asked): Promise<Answer> {
    // By session: what keeps one from being asked (it is not connected, say) need not keep another.
    return this.#asking.do(`${session.id} ${chatId}`, () => this.#askEach(session, chatId, engine));
  }

  async #askEach(session: SessionRef, chatId: ChatId, engine: Asked): Promise<Answer> {
    for (const form of variantsOf(chatId)) {
      const found = await engine.exists(form);
      if (!found.exists) continue;
      const id = found.chatId ?? form;
      // Asked about one name it may have answered with the other.
      const named = (server: string) => [id, form].find((address) => address.endsWith(server)) ?? null;
      const phone = found.phone ?? named('@c.us')?.split('@')[0] ?? null;
      return this.#keep(session, chatId, this.#answerOf(id, chatId.endsWith(USERNAME) ? USERNAME_LASTS : KNOWN_LASTS), {
        id,
        lid: found.lid ?? named('@lid'),
        phone,
      });
    }
    return this.#keep(session, chatId, this.#answerOf(null));
  }

  #answerOf(chatId: ChatId | null, lasts = UNKNOWN_LASTS): Answer {
    const now = this.#clock.now();
    return { chatId, checkedAt: now, expiresAt: now + lasts };
  }

  async #keep({ tenantId }: SessionRef, address: ChatId, answer: Answer, named?: Named): Promise<Answer> {
    await this.#store.transact(tenantId, async (addresses, tx) => {
      await addresses.keepAnswer(address, answer);
      if (named) await this.#identities.learn(tx, tenantId, [named]);
    });
    return answer;
  }
}

/** What an address says by itself of who it is. */
const namedBy = (id: ChatId): Named => ({ id, lid: null, phone: null });
