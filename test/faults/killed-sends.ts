/**
 * A hub under a steady load of sends that is killed at the named points of their way, again and again. Afterwards what
 * the clients were told is held against what the phones saw.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { type Call, type Hub, startHub, until } from '../helpers/hub.ts';
import { preloading } from '../helpers/preload.ts';
import { everyPage, insist, isWhole, type Row } from './clients.ts';

const POINTS = ['accepted', 'claimed', 'handed over', 'confirmed', 'recorded'] as const;
type Point = (typeof POINTS)[number];

/** The way of the message with which the hub died, by the point. Of one that is `unknown` at its end no phone saw anything. */
const WAYS: Record<Point, RegExp> = {
  // It waits its turn, and another death may meet it later.
  accepted: /^queued → sending → (unknown|(unknown → )?sent)$/,
  claimed: /^queued → sending → unknown$/,
  'handed over': /^queued → sending → unknown → sent$/,
  confirmed: /^queued → sending → unknown → sent$/,
  recorded: /^queued → sending → sent$/,
};

const TO = '5511988887777';
const OPEN = ['scheduled', 'queued', 'sending'];
const PRELOAD = preloading(new URL('./stop-at.ts', import.meta.url).href);
/** Passings of its point that a hub survives, at the most. */
const DEEPEST = 8;
/** What waits in a session at the most: at every death there is something under way and something behind it. */
const AHEAD = 12;
/** A browser has to come up in it. */
const PATIENCE = 120_000;

/** A message as a phone saw it. */
interface Sighting {
  engineId: string;
  text: string;
}

interface Accepted {
  id: string;
  text: string;
}

export interface Subject {
  /** More for the environment of the hub. */
  env: Record<string, string>;
  /** Makes sessions, each connected to a phone of its own. Resolves with their names. */
  link(call: Call): Promise<string[]>;
  /** What the phone of a session was sent, oldest first. */
  seen(call: Call, session: string): Promise<Sighting[]>;
  /**
   * Of a point at which the hub cannot stop itself: resolves with WhatsApp's id of the message when `passings` more have
   * come by it, and holds that one there until the hub is dead.
   */
  holdAt?(point: Point, passings: number, dead: Promise<void>): Promise<string> | undefined;
}

/** Dies at every point once, then at every point once more, until there were so many deaths. */
export async function surviveKills(t: ExecutionContext, subject: Subject, rounds: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-hub-'));
  const log = join(directory, 'stops.jsonl');
  const points = Array.from({ length: rounds }, (_, round) => POINTS[round % POINTS.length] as Point);
  const passings = points.map(() => 1 + Math.floor(Math.random() * DEEPEST));
  const stop = (round: number) => ({ STOP_AT: `${points[round]}:${passings[round]}`, STOP_LOG: log });
  // It stops at nothing until it is told to: the first one may be set up.
  let hub: Hub = await startHub({ directory, env: { ...subject.env, NODE_OPTIONS: PRELOAD, ...stop(0) } });
  t.teardown(() => hub.dispose());
  const { call } = await hub.tenant();
  const sessions = await subject.link(call);
  const load = startLoad(t, call, sessions);
  let slowest = 0;
  for (const [round, point] of points.entries()) {
    if (round > 0) hub = await hub.again(stop(round));
    slowest = Math.max(slowest, hub.startMs);
    const dead = Promise.withResolvers<void>();
    const held = subject.holdAt?.(point, passings[round] as number, dead.promise);
    if (!held) process.kill(hub.pid, 'SIGUSR2');
    const message = await soon<unknown>(held ?? hub.exited, () => `something to come by "${point}"; the hub said ${hub.output()}`);
    if (held) {
      await hub.end('SIGKILL');
      appendFileSync(log, `${JSON.stringify({ point, message })}\n`);
    }
    dead.resolve();
  }
  hub = await hub.again({ STOP_AT: '' });
  const accepted = await load.end();
  const deaths: { point: Point; message: string }[] = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    deaths.map(({ point }) => point),
    points,
  );

  const patient: Call = (...request) => insist(call, ...request);
  const end = await settled(patient, subject, sessions);
  for (const session of sessions) judge(t, session, accepted.get(session) ?? [], end);
  t.is(end.sends.size, [...accepted.values()].flat().length, 'one key, one message');
  for (const { point, message } of deaths) {
    const row = [...end.sends.values()].find(({ id, engineId }) => id === message || engineId === message);
    const { json } = await patient('GET', `/api/messages/${row?.id}`);
    t.regex(json.history?.map(({ status }: Row) => status).join(' → '), WAYS[point], `${point}: ${message}`);
  }

  // What is unknown to the end no phone has seen: whoever now sends it again does so for the first time.
  const unknown = [...end.sends.values()].filter(({ status }) => status === 'unknown');
  for (const { id } of unknown) t.is((await call('POST', `/api/messages/${id}/retry`)).status, 202);
  const last = await settled(patient, subject, sessions);
  for (const session of sessions) {
    const texts = last.seen.get(session)?.map(({ text }) => text) ?? [];
    t.deepEqual(texts.toSorted(), (accepted.get(session) ?? []).map(({ text }) => text).toSorted());
  }
  if (!subject.env.HOOKLINE_DATABASE_URL) {
    await hub.end();
    await isWhole(t, hub.directory);
  }
  t.log(`${rounds} deaths, ${end.sends.size} sends: ${unknown.length} were left unknown; ready again within ${Math.round(slowest)} ms`);
}

/** A client a session, which writes until it is told to end and gives up on nothing. */
function startLoad(t: ExecutionContext, call: Call, sessions: string[]): { end(): Promise<Map<string, Accepted[]>> } {
  let over = false;
  const accepted = new Map<string, Accepted[]>(sessions.map((session) => [session, []]));
  const waits = async ({ id }: Accepted): Promise<boolean> => (await insist(call, 'GET', `/api/messages/${id}`)).json.status === 'queued';
  const clients = sessions.map(async (session) => {
    const told = accepted.get(session) ?? [];
    while (!over) {
      const ahead = told.at(-AHEAD);
      if (told.length >= AHEAD && ahead && (await waits(ahead))) {
        await wait(20);
        continue;
      }
      const text = `${session}-${told.length}`;
      const body = { to: TO, type: 'text', text };
      const answer = await insist(call, 'POST', `/api/sessions/${session}/messages`, body, { 'idempotency-key': text });
      t.is(answer.status, 202, answer.text);
      told.push({ id: answer.json.id, text });
    }
  });
  return {
    async end() {
      over = true;
      await Promise.all(clients);
      return accepted;
    },
  };
}

interface End {
  /** By id. */
  sends: Map<string, Row>;
  /** By session. */
  seen: Map<string, Sighting[]>;
}

/** When nothing is under way any more, and what a phone has seen is not unknown to the hub. */
async function settled(call: Call, subject: Subject, sessions: string[]): Promise<End> {
  let doubt = '';
  return until<End | false>(
    async () => {
      const sends = new Map<string, Row>();
      const seen = new Map<string, Sighting[]>();
      for (const session of sessions) {
        for (const row of await everyPage(call, `/api/sessions/${session}/messages?direction=outbound`)) sends.set(row.id, row);
        seen.set(session, await subject.seen(call, session));
      }
      const ids = new Set([...seen.values()].flat().map(({ engineId }) => engineId));
      const open = [...sends.values()].find(({ status, engineId }) => OPEN.includes(status) || (status === 'unknown' && ids.has(engineId)));
      doubt = open && `${open.text} is ${open.status}`;
      return !open && { sends, seen };
    },
    { what: () => `every send to end: ${doubt}`, within: PATIENCE, every: 1_000 },
  );
}

function judge(t: ExecutionContext, session: string, accepted: Accepted[], { sends, seen }: End): void {
  const sightings = seen.get(session) ?? [];
  const texts = sightings.map(({ text }) => text);
  t.is(new Set(sightings.map(({ engineId }) => engineId)).size, sightings.length, `${session}: an id went out twice`);
  t.is(new Set(texts).size, texts.length, `${session}: a message went out twice`);
  for (const { id, text } of accepted) {
    t.like(sends.get(id), { text, status: texts.includes(text) ? 'sent' : 'unknown' }, `${session}: vanished, or not what the phone saw`);
  }
  t.deepEqual(
    texts,
    accepted.map(({ text }) => text).filter((text) => texts.includes(text)),
    `${session}: not in the order of acceptance`,
  );
}

/** What `work` resolves with, or a failure that says what was waited for. */
async function soon<T>(work: Promise<T>, what: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Waited ${PATIENCE} ms for ${what()}`)), PATIENCE);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
