import { setTimeout as pause } from 'node:timers/promises';
import type { Unreadable } from '../../src/core/arrival.ts';
import type { InboundMessage, Notice } from '../../src/core/message.ts';
import type { AccountFacts, CloseReason, EngineHost } from '../../src/sessions/engine.ts';
import type { PasskeyOptions } from '../../src/sessions/passkey.ts';

/** One thing that an engine said to its host. */
export type Fact =
  | { said: 'qr'; code: string; validFor: number }
  | { said: 'pairing'; code: string; phone: string }
  | { said: 'passkey'; publicKey: PasskeyOptions; validFor: number }
  | { said: 'passkey-code'; code: string }
  | { said: 'dialog'; text: string; picture: Uint8Array | null }
  | { said: 'scanned' }
  | { said: 'opened'; phone: string; pushName: string | null }
  | { said: 'closed'; reason: CloseReason }
  | { said: 'message'; message: InboundMessage }
  | { said: 'ack'; engineId: string; level: string; participant?: string }
  | { said: 'notice'; notice: Notice }
  | { said: 'unreadable'; what: Unreadable }
  | { said: 'interrupted' | 'resumed' };

/** The hub's side of the engine port, reduced to its memory. */
export class RecordingHost implements EngineHost {
  readonly facts: Fact[] = [];
  readonly accounts: AccountFacts[] = [];
  qr(code: string, validFor: number): void {
    this.facts.push({ said: 'qr', code, validFor });
  }

  pairingCode(code: string, phone: string): void {
    this.facts.push({ said: 'pairing', code, phone });
  }

  passkey(publicKey: PasskeyOptions, validFor: number): void {
    this.facts.push({ said: 'passkey', publicKey, validFor });
  }

  passkeyCode(code: string): void {
    this.facts.push({ said: 'passkey-code', code });
  }

  dialog(text: string, picture: Uint8Array | null): void {
    this.facts.push({ said: 'dialog', text, picture });
  }

  scanned(): void {
    this.facts.push({ said: 'scanned' });
  }

  opened({ phone, pushName }: { phone: string; pushName: string | null }): void {
    this.facts.push({ said: 'opened', phone, pushName });
  }

  account(facts: AccountFacts): void {
    this.accounts.push(facts);
  }

  closed(reason: CloseReason): void {
    this.facts.push({ said: 'closed', reason });
  }

  async message(message: InboundMessage): Promise<void> {
    this.facts.push({ said: 'message', message });
  }

  async ack({ engineId, level, participant }: { engineId: string; level: string; participant?: string }): Promise<void> {
    this.facts.push({ said: 'ack', engineId, level, ...(participant && { participant }) });
  }

  async notice(notice: Notice): Promise<void> {
    this.facts.push({ said: 'notice', notice });
  }

  async unreadable(what: Unreadable): Promise<void> {
    this.facts.push({ said: 'unreadable', what });
  }

  interrupted(): void {
    this.facts.push({ said: 'interrupted' });
  }

  resumed(): void {
    this.facts.push({ said: 'resumed' });
  }

  get said(): string[] {
    return this.facts.map((fact) => fact.said);
  }

  forget(): void {
    this.facts.length = 0;
  }

  /** The first fact of a kind that passes `test`; waits for it. */
  fact<Kind extends Fact['said']>(said: Kind, test = (_: Extract<Fact, { said: Kind }>) => true): Promise<Extract<Fact, { said: Kind }>> {
    const find = () => this.facts.find((fact): fact is Extract<Fact, { said: Kind }> => fact.said === said && test(fact as never));
    return until(find, `a fact "${said}" among ${JSON.stringify(this.said)}`);
  }
}

/** Polls at the border of another process until `look` returns something. */
export async function until<T>(look: () => T | Promise<T>, what: string, limit = 20_000): Promise<NonNullable<T>> {
  for (const end = Date.now() + limit; Date.now() < end; await pause(20)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`Waited ${limit / 1000} s in vain for ${what}`);
}
