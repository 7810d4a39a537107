import { createHash } from 'node:crypto';
import { HooklineError, messageOf } from '../../core/errors.ts';
import { maskOf } from '../../core/mask.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import type { FlowSecrets } from '../catalogue/secrets.ts';
import type { Chat } from '../chat.ts';
import { modelFault } from '../language/models.ts';
import type { Due, Models, Voices } from '../ports.ts';
import { secretsIn } from '../text/known-names.ts';
import type { ChatFacts } from '../turn/candidates.ts';
import { readTranscript, type Transcript, type Voice, written } from '../turn/hearing.ts';
import { deadlineOf, failureOf, headersOf } from '../turn/interpret/outgoing.ts';
import { scopeOf } from '../turn/interpret/scope.ts';
import type { HttpResult, RunState } from '../turn/state.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import type { Fetch } from './fetch.ts';

const DEADLINE = { usual: 30_000, longest: 60_000 };
const MOST = { bytes: 4_000_000, seconds: 300 };
/** Milliseconds that the file of a message may take to come. */
const PATIENCE = 60_000;
const LOOK_AGAIN = 1_000;
const RETRIES = 2;

/** A voice message that a run waits for, and where it stands. */
export interface ToHear extends Voice {
  position: number;
  state: RunState;
  facts: ChatFacts;
}

interface HearingPorts {
  fetch: Fetch;
  voices: Voices;
  secrets: Pick<FlowSecrets, 'reveal'>;
  models: Models;
}

/**
 * Voice messages, written down between two turns: what came of one is kept with the message where it waits, and only then has it
 * its turn. So none is written down twice, unless a crash comes between the answer and that.
 */
export class Hearing {
  readonly #ports: HearingPorts;
  readonly #runtime: Runtime;
  /** By lane. */
  readonly #asked = new Map<string, ToHear>();
  /** By lane: what is to be tried again, and how often it has failed. */
  readonly #again = new Map<string, { eventId: string; failures: number }>();

  constructor(ports: HearingPorts, runtime: Runtime) {
    this.#ports = ports;
    this.#runtime = runtime;
  }

  /** The lane's next turn begins with it. */
  ask(tx: Pick<Tx, 'afterCommit'>, lane: string, voice: ToHear, now: Milliseconds): Due {
    tx.afterCommit(() => this.#asked.set(lane, voice));
    return { retryAt: this.#again.get(lane)?.eventId === voice.inbound.eventId ? now + LOOK_AGAIN : now };
  }

  /** The message as it is to be kept; undefined where there is none, or it is to be tried again. */
  async hear(lane: string, chat: Chat): Promise<{ position: number; inbound: TurnInput } | undefined> {
    const voice = this.#asked.get(lane);
    if (!this.#asked.delete(lane) || !voice) return undefined;
    const { position, inbound } = voice;
    const { eventId } = inbound;
    const before = this.#again.get(lane);
    const failures = before?.eventId === eventId ? before.failures : 0;
    const transcript = await this.#write(chat, voice, failures);
    if (typeof transcript === 'object') {
      this.#again.delete(lane);
      return { position, inbound: written(inbound, transcript) };
    }
    this.#again.set(lane, { eventId, failures: failures + (transcript === 'failed' ? 1 : 0) });
    return undefined;
  }

  /** `pending`: its file is still to come. `failed`: it may work later. */
  async #write(
    chat: Chat,
    { inbound, transcribe, program, state, facts }: ToHear,
    failures: number,
  ): Promise<Transcript | 'pending' | 'failed'> {
    let secrets: Record<string, string> = {};
    try {
      const off = modelFault(transcribe.url, this.#ports.models);
      if (off !== undefined) return { error: off };
      const { tenantId } = chat;
      const file = await this.#ports.voices.read(tenantId, inbound.said.media.id, transcribe.max_bytes ?? MOST.bytes);
      const now = this.#runtime.clock.now();
      if (file === 'pending') return now - inbound.at > PATIENCE ? { error: 'The file of the message did not come' } : 'pending';
      if ('error' in file) return file;
      const [seconds, most] = [secondsOf(file.bytes), transcribe.max_seconds ?? MOST.seconds];
      if (seconds > most) return { error: `The voice message has ${Math.round(seconds)} seconds; the most is ${most}` };
      const names = secretsIn(transcribe);
      secrets = names.length > 0 ? await this.#ports.secrets.reveal(tenantId, names) : {};
      const key = `voice-${inbound.eventId}`;
      const { body, type } = multipart(key, { model: transcribe.model, language: transcribe.language, response_format: 'json' }, file);
      const result: HttpResult = await this.#ports.fetch({
        ...{ tenantId, method: 'POST', url: transcribe.url, body, own: { 'idempotency-key': key } },
        headers: { ...headersOf(transcribe.headers, scopeOf(program, state, { now, chat: facts }, { secrets })), 'content-type': type },
        deadline: deadlineOf(transcribe.timeout, DEADLINE),
      });
      if (failureOf(result)?.again && failures < RETRIES) return 'failed';
      const transcript = readTranscript(result);
      return 'error' in transcript ? { error: maskOf(Object.values(secrets))(transcript.error) } : transcript;
    } catch (error) {
      if (!(error instanceof HooklineError || error instanceof TypeError)) throw error;
      return { error: maskOf(Object.values(secrets))(messageOf(error)) };
    }
  }
}

/** Of Opus in Ogg (RFC 3533, RFC 7845), as voice messages are: its last page says how far it goes. Of others 0: nothing is known. */
function secondsOf(bytes: Buffer): number {
  const page = bytes.lastIndexOf('OggS');
  return page < 0 || bytes.length < page + 14 ? 0 : Number(bytes.readBigInt64LE(page + 6)) / 48_000;
}

const ENDINGS: Record<string, string> = { mpeg: 'mp3', mp4: 'm4a', 'x-m4a': 'm4a', 'x-wav': 'wav' };

/** RFC 7578. By the ending of the name many tell what they are given. */
function multipart(
  key: string,
  fields: Record<string, string | undefined>,
  { bytes, mimetype }: { bytes: Buffer; mimetype: string },
): { body: Buffer; type: string } {
  const boundary = createHash('sha256').update(key).digest('hex').slice(0, 40);
  const [type = 'audio/ogg'] = mimetype.split(';');
  const subtype = /^audio\/([\w-]{1,20})$/.exec(type.trim())?.[1] ?? 'ogg';
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`],
  );
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="voice.${ENDINGS[subtype] ?? subtype}"\r\nContent-Type: audio/${subtype}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(parts.join('') + head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { body, type: `multipart/form-data; boundary=${boundary}` };
}
