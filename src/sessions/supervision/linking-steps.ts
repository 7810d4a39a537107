/**
 * From a code that is shown to a phone that is linked: what the engine tells of it, what a person answers, and how long each is waited
 * for. What changes the session is a job in its queue; see session-run.ts.
 */
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import type { Engine, EngineHost } from '../engine.ts';
import { PASSKEY_VALID, type PasskeyCredential } from '../passkey.ts';
import type { StatusChange } from '../store.ts';
import type { JobQueue } from './job-queue.ts';
import { next } from './lifecycle.ts';
import { Linking, type LinkingOptions, type PairingView } from './linking.ts';
import type { LoginKeeper, LossOfLogin } from './login-keeper.ts';
import { PasskeyRequest, type PasskeyView } from './passkey-request.ts';
import type { QrView } from './qr.ts';
import type { SessionRecord } from './record.ts';

type Events = StatusChange['events'];

/** Whether a copy of the login was put back, so that nobody has to scan, and what is to be told of it. */
export interface PutBack {
  isBack: boolean;
  events: Events;
}

/** The run of the engine that the steps are a part of. */
export interface LinkedRun {
  /** Runs the job within this run, in its turn. */
  hear(job: () => Promise<void>): void;
  /** As `hear`, after `delay` ms, in the place of whatever was waited for. */
  arm(delay: Milliseconds, job: () => Promise<void>): void;
  launch(reason: string, cause: string, events?: Events): Promise<void>;
  giveUp(reason: string, events?: Events): Promise<void>;
  putBackLogin(found: LossOfLogin): Promise<PutBack>;
}

interface LinkingParts {
  run: LinkedRun;
  jobs: JobQueue;
  /** The engine while it runs. */
  running(): Engine | null;
  record: SessionRecord;
  keeper: LoginKeeper;
  clock: Clock;
  options: LinkingOptions;
}

/** What was scanned or typed has to become a login within this (ms). */
const PATIENCE = 120_000;

export class LinkingSteps {
  readonly #run: LinkedRun;
  readonly #jobs: JobQueue;
  readonly #running: () => Engine | null;
  readonly #record: SessionRecord;
  readonly #keeper: LoginKeeper;
  readonly #clock: Clock;
  readonly #options: LinkingOptions;
  readonly #linking: Linking;

  constructor({ run, jobs, running, record, keeper, clock, options }: LinkingParts) {
    this.#run = run;
    this.#jobs = jobs;
    this.#running = running;
    this.#record = record;
    this.#keeper = keeper;
    this.#clock = clock;
    this.#options = options;
    this.#linking = new Linking(options);
  }

  /** The code that is shown now. */
  get qr(): QrView | null {
    return this.#linking.qr;
  }

  /** The pairing code that may be typed now. */
  get pairing(): PairingView | null {
    return this.#linking.pairing;
  }

  /** What the passkey of the account is asked to sign, or the code to be compared; null while nobody has to do anything. */
  get passkey(): PasskeyView | null {
    return this.#record.status === 'passkey' ? (this.#linking.passkey?.view() ?? null) : null;
  }

  /** The run is over: nothing is shown any more. */
  close(): void {
    this.#linking.close();
  }

  /** Somebody came, or asked for the session again. */
  beginAnew(): void {
    this.#linking.beginAnew();
  }

  /** What an engine says of it. */
  reports(): Pick<EngineHost, 'qr' | 'pairingCode' | 'passkey' | 'passkeyCode' | 'scanned'> {
    const hear = (job: () => Promise<void>): void => this.#run.hear(job);
    return {
      qr: (code, validFor) => {
        const issuedAt = this.#clock.now();
        this.#linking.note(code);
        hear(() => this.#onCode(code, issuedAt, validFor));
      },
      pairingCode: (code, phone, validFor) => {
        const issuedAt = this.#clock.now();
        hear(() => this.#onPairingCode(this.#linking.pairingCode(code, phone, issuedAt, validFor)));
      },
      passkey: (publicKey, validFor) => {
        const request = new PasskeyRequest(publicKey, this.#clock.now(), validFor);
        hear(() => this.#onPasskey(request));
      },
      passkeyCode: (code) => hear(() => this.#onPasskeyCode(code)),
      scanned: () => hear(() => this.#onScanned()),
    };
  }

  /** See `Supervisor.pair`. */
  async pair(phone: string): Promise<PairingView | null> {
    await this.#jobs.settled();
    const running = this.#running();
    const shown = this.#linking.pairing;
    if (shown?.phone === phone && Date.parse(shown.expiresAt) > this.#clock.now()) return shown;
    if (!running || (this.#record.status !== 'qr' && this.#record.status !== 'pairing')) return null;
    await running.pair(phone);
    await this.#jobs.settled();
    return this.#linking.pairing;
  }

  /** See `Supervisor.answerPasskey`. */
  answerPasskey(credential: PasskeyCredential | null): Promise<boolean> {
    return this.#withPasskey(
      () => this.#linking.passkeyFor(credential, this.#clock.now()),
      (engine) => engine.signPasskey(credential),
      (request) => (credential ? this.#onSigned(request) : this.#onDeclined(request, 'Nobody signed')),
    );
  }

  /** See `Supervisor.confirmPasskey`. */
  confirmPasskey(matches: boolean): Promise<boolean> {
    return this.#withPasskey(
      () => (this.#linking.passkey?.code ? this.#linking.passkey : null),
      (engine) => engine.confirmPasskey(matches),
      (request) => (matches ? this.#onCompared(request) : this.#onDeclined(request, 'The codes are not the same')),
    );
  }

  /** What is asked is handed to the engine and then written, with nothing between. That it could not be handed over is no fault of the session. */
  async #withPasskey(
    find: () => PasskeyRequest | null,
    handOver: (engine: Engine) => Promise<void>,
    note: (request: PasskeyRequest) => Promise<void>,
  ): Promise<boolean> {
    const outcome = await this.#jobs.run(async () => {
      const running = this.#running();
      const [handed] = await Promise.allSettled([
        (async () => {
          const request = find();
          if (!request || !running) return null;
          await handOver(running);
          return request;
        })(),
      ]);
      if (handed.status === 'fulfilled' && handed.value) await note(handed.value);
      return handed;
    });
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value !== null;
  }

  async #onCode(code: string, issuedAt: Milliseconds, validFor: Milliseconds): Promise<void> {
    if (!this.#linking.isNews(code) || next(this.#record.status, 'code') === 'illegal') return;
    const { isBack, events = [] } = await this.#run.putBackLogin('no-login');
    if (isBack) return;
    const qr = await this.#linking.draw(code, issuedAt, validFor);
    const { passkey } = this.#linking;
    const over = passkey ? [passkey.event('refused', passkey.isAnswered ? 'WhatsApp did not take it' : 'It was taken back')] : [];
    if (passkey) this.#linking.refusePasskey();
    await this.#record.move('code', this.#linking.inVain ?? this.#keeper.reason, {
      events: [...over, ...events, { type: 'session.qr', data: qr }],
    });
    this.#keeper.codeShown();
    this.#linking.showQr(qr);
    this.#armWindow();
  }

  async #onPairingCode(pairing: PairingView): Promise<void> {
    if (!(await this.#record.move('pairingCode', null, { events: [{ type: 'session.pairing-code', data: pairing }] }))) return;
    this.#linking.showPairing(pairing);
    this.#armWindow();
  }

  #armWindow(): void {
    this.#armUntil(this.#linking.endsAt, this.#options.qrWindow, () => this.#nobodyCame('qr-timeout'));
  }

  /** `longest`: where the clock was set back meanwhile. */
  #armUntil(time: Milliseconds, longest: Milliseconds, job: () => Promise<void>): void {
    this.#run.arm(Math.min(time - this.#clock.now(), longest), job);
  }

  async #nobodyCame(reason: 'qr-timeout' | 'passkey-expired', events?: Events): Promise<void> {
    if (this.#linking.missed()) return this.#run.launch(reason, reason, events);
    await this.#run.giveUp(reason, events);
  }

  async #onPasskey(request: PasskeyRequest): Promise<void> {
    if (!(await this.#record.move('passkey', null, { events: [request.event('request')] }))) return;
    this.#linking.showPasskey(request);
    this.#armPasskey(request);
  }

  async #onPasskeyCode(code: string): Promise<void> {
    const request = this.#linking.passkey;
    if (!request) return;
    request.show(code);
    if (await this.#record.move('passkey', null, { events: [request.event('code')] })) this.#armPasskey(request);
  }

  #armPasskey(request: PasskeyRequest): void {
    this.#armUntil(request.expiresAt, PASSKEY_VALID, () => {
      this.#linking.expirePasskey();
      return this.#nobodyCame('passkey-expired', [request.event('expired')]);
    });
  }

  async #onSigned(request: PasskeyRequest): Promise<void> {
    request.isAnswered = true;
    const events = [request.event('answered')];
    await (request.isOpen ? this.#record.tell(events) : this.#onScanned(events));
  }

  async #onCompared(request: PasskeyRequest): Promise<void> {
    request.compared();
    if (!request.isOpen) await this.#onScanned();
  }

  /** Somebody is there, and said no: it begins anew. */
  async #onDeclined(request: PasskeyRequest, why: string): Promise<void> {
    this.#linking.beginAnew();
    this.#linking.refusePasskey();
    await this.#run.launch('passkey-refused', 'passkey-refused', [request.event('refused', why)]);
  }

  async #onScanned(events?: Events): Promise<void> {
    if (!(await this.#record.move('scanned', null, events && { events }))) return;
    this.#linking.hide();
    this.#run.arm(PATIENCE, () => this.#run.launch('login-timeout', 'login-timeout'));
  }
}
