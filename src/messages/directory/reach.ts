import { withTimeout } from '../../core/deadline.ts';
import { type Fault, HooklineError, hasCode } from '../../core/errors.ts';
import { type ChatId, type ChatKind, chatKind } from '../../core/message.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { ChattingEngine, ConnectedSessions } from '../ports.ts';
import { toChatId, variantsOf } from '../recipients.ts';

export interface ReachPorts {
  sessions: ConnectedSessions;
  addresses: Pick<AddressBook, 'find' | 'check' | 'complete'>;
  clock: Clock;
}

/** By which names a person goes; see Party. */
interface Named {
  id: ChatId;
  lid: string | null;
  phone: string | null;
}

/** For all the addresses that one request names together, each with its variants. */
const LOOKING_UP: Milliseconds = 30_000;

/** From an address as a caller writes it to the one under which WhatsApp has it, and the phone to ask. */
export class Reach {
  readonly #ports: ReachPorts;

  constructor(ports: ReachPorts) {
    this.#ports = ports;
  }

  /** Throws `session-not-connected`. */
  engine(session: SessionRef): ChattingEngine {
    return this.#ports.sessions.connectedEngine(session.id);
  }

  /** `path` says in the error which member was wrong. Rejects with `recipient-invalid` and `recipient-unknown`. */
  async chat(session: SessionRef, address: string, path = 'chat'): Promise<ChatId> {
    return this.#lookUp(session, toChatId(address, path), path);
  }

  async person(session: SessionRef, address: string, path = 'contact'): Promise<ChatId> {
    return this.#lookUp(session, toPerson(address, path), path);
  }

  /** Each of them once. All are looked up before any is refused; the refusal names every one that is wrong. */
  async people(session: SessionRef, addresses: readonly string[], path = 'participants'): Promise<ChatId[]> {
    const asked = everyPerson(addresses, path);
    const { clock } = this.#ports;
    return withTimeout(
      clock,
      LOOKING_UP,
      'The engine did not answer',
      this.#each(asked, (chatId, at) => this.#find(session, chatId, `${path}.${at}`)),
    );
  }

  /** Whether somebody is on WhatsApp; of a `fresh` answer WhatsApp is asked, otherwise one of the last month will do. */
  async check(session: SessionRef, address: string, { fresh }: { fresh: boolean }) {
    const { addresses, clock } = this.#ports;
    const person = toPerson(address, 'contact');
    return withTimeout(clock, LOOKING_UP, 'The engine did not answer', addresses.check(session, person, this.engine(session), { fresh }));
  }

  /** Who of these is meant by each address, by whichever name; the address itself where it is nobody of them. */
  async among(session: SessionRef, people: readonly Named[], addresses: readonly string[], path: string): Promise<ChatId[]> {
    const asked = everyPerson(addresses, path);
    const known = await this.complete(session, people);
    const meant = await this.complete(
      session,
      asked.map((id) => ({ id, lid: null, phone: null })),
    );
    return [...new Set(meant.map((one) => whoIs(one, known)?.id ?? one.id))];
  }

  /** Fills in the hidden number or the phone's, as far as it is known. */
  complete<T extends Named>(session: SessionRef, people: readonly T[]): Promise<T[]> {
    return this.#ports.addresses.complete(session.tenantId, people);
  }

  async #lookUp(session: SessionRef, chatId: ChatId, path: string): Promise<ChatId> {
    return withTimeout(this.#ports.clock, LOOKING_UP, 'The engine did not answer', this.#find(session, chatId, path));
  }

  async #find(session: SessionRef, chatId: ChatId, path: string): Promise<ChatId> {
    try {
      return await this.#ports.addresses.find(session, chatId, this.engine(session));
    } catch (error) {
      if (!hasCode(error, 'recipient-unknown')) throw error;
      throw new HooklineError('recipient-unknown', error.message, { errors: [{ path, message: error.message }] });
    }
  }

  /** One after the other: WhatsApp does not like to be asked for many at once. */
  async #each(chatIds: readonly ChatId[], find: (chatId: ChatId, at: number) => Promise<ChatId>): Promise<ChatId[]> {
    const found = new Set<ChatId>();
    const faults: Fault[] = [];
    for (const [at, chatId] of chatIds.entries()) {
      try {
        found.add(await find(chatId, at));
      } catch (error) {
        if (!hasCode(error, 'recipient-unknown')) throw error;
        faults.push(...(error.errors ?? []));
      }
    }
    refuse('recipient-unknown', faults);
    return [...found];
  }
}

/** Whom an address means, which is known by its other names, too: by number in any variant, or by hidden number. */
export function whoIs<T extends Named>({ id, lid, phone }: Named, people: readonly T[]): T | undefined {
  const phones = [id, ...(phone === null ? [] : [`${phone}@c.us`])].flatMap(variantsOf);
  const names = new Set([...phones, ...(lid === null ? [] : [lid])]);
  const hasName = (person: T) => [person.id, person.lid, person.phone && `${person.phone}@c.us`].some((name) => name && names.has(name));
  return people.find((person) => person.id === id) ?? people.find(hasName);
}

export const toPerson = (address: string, path: string): ChatId =>
  ofKind('private', address, { path, message: 'Not a person. Give a phone number with its country code, …@c.us or …@lid.' });

export const toGroup = (address: string, path = 'group'): ChatId =>
  ofKind('group', address, { path, message: 'Not a group. Give the id of a group, …@g.us; GET …/groups lists them.' });

function ofKind(kind: ChatKind, address: string, fault: Fault): ChatId {
  try {
    const chatId = toChatId(address, fault.path);
    if (chatKind(chatId) === kind) return chatId;
  } catch (error) {
    if (!hasCode(error, 'recipient-invalid')) throw error;
  }
  throw new HooklineError('recipient-invalid', fault.message, { errors: [fault] });
}

function everyPerson(addresses: readonly string[], path: string): ChatId[] {
  const faults: Fault[] = [];
  const people = addresses.flatMap((address, at) => {
    try {
      return toPerson(address, `${path}.${at}`);
    } catch (error) {
      if (!hasCode(error, 'recipient-invalid')) throw error;
      faults.push(...(error.errors ?? []));
      return [];
    }
  });
  refuse('recipient-invalid', faults);
  return people;
}

function refuse(code: 'recipient-invalid' | 'recipient-unknown', errors: Fault[]): void {
  const [first] = errors;
  if (!first) return;
  const more = errors.length > 1 ? ` And ${errors.length - 1} more; see "errors".` : '';
  throw new HooklineError(code, `Nothing was done. ${first.path}: ${first.message}${more}`, { errors });
}
