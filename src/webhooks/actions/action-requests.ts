/** What a receiver asks for in its answer: `{"actions":[{"typing":1500},{"text":"Thanks!"},{"seen":true}]}`. */
import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.ts';
import { MEDIA_TYPES, type MediaSource, type MediaType } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { unpacked } from '../../core/unpacked.ts';
import { flawOf, utf8 } from '../../core/utf8.ts';

const MOST_ACTIONS = 20;
/** Bytes of an answer in which actions are looked for. */
const LARGEST = 64 * 1_024;

/** What a text and a file have in common. `typing` is that of the indicator before it. */
interface Written {
  index: number;
  to?: string | undefined;
  replyTo?: string | undefined;
  typing?: number | true;
}

/** One action, or why it is none. `index` is its place in the list; null when the list as a whole is refused. */
export type ActionRequest =
  | (Written & { kind: 'text'; text: string })
  /** Without a `type` the file says what it is sent as. */
  | (Written & { kind: 'media'; media: MediaSource; type?: MediaType | undefined; caption?: string | undefined })
  /** `before`: the index of the text or file that it goes before; null when none follows. */
  | { index: number; kind: 'typing'; time: number | true; before: number | null }
  | { index: number; kind: 'seen' }
  /** An empty `emoji` takes the reaction back; without a `messageId` it is on the event's message. */
  | { index: number; kind: 'react'; emoji: string; messageId?: string | undefined }
  /** `pause`: how long flows leave the chat alone; without it until somebody resumes. */
  | { index: number; kind: 'handoff'; pause?: Milliseconds }
  | { index: number | null; kind: 'refused'; error: { code: ErrorCode; message: string } };

/** A success, as far as actions may stand in it. */
export interface Answer {
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** The body went on beyond what was read (64 KiB). */
  cut: boolean;
  broken: { detail: string } | null;
}

const Text = z.string().check(({ value, issues }) => {
  const message = flawOf(value);
  if (message !== null) issues.push({ code: 'custom', input: value, message });
});
const Address = Text.max(200).optional();
/** As in `POST …/messages`: milliseconds, or as long as the text takes to write. */
const Typing = z.union([z.literal(true), z.int().min(0).max(60_000)]);

/** As `POST …/chats/{chat}/handoff` takes it. */
const LONGEST_PAUSE = 365 * 24 * 3_600;

const FILE = { filename: Text.max(255).optional(), mimetype: Text.max(100).optional() };
const Source = z.union(
  [
    z.strictObject({ url: z.url().max(8_192), ...FILE }),
    z.strictObject({ base64: z.string().min(1), ...FILE }),
    z.strictObject({ mediaId: Text.max(100), ...FILE }),
  ],
  'needs exactly one of "url", "base64" and "mediaId", and takes "filename" and "mimetype" besides',
);

const ACTIONS = {
  text: z.strictObject({ text: Text, to: Address, replyTo: Address }).transform((action) => ({ kind: 'text' as const, ...action })),
  typing: z.strictObject({ typing: Typing }).transform(({ typing }) => ({ kind: 'typing' as const, time: typing, before: null })),
  seen: z.strictObject({ seen: z.literal(true) }).transform(() => ({ kind: 'seen' as const })),
  media: z
    .strictObject({
      media: Source,
      type: z.enum(MEDIA_TYPES).optional(),
      caption: Text.optional(),
      to: Address,
      replyTo: Address,
    })
    .transform((action) => ({ kind: 'media' as const, ...action })),
  react: z
    .strictObject({ react: Text.max(64), messageId: Address })
    .transform(({ react, messageId }) => ({ kind: 'react' as const, emoji: react, messageId })),
  handoff: z
    .strictObject({ handoff: z.union([z.literal(true), z.strictObject({ pauseSeconds: z.int().min(1).max(LONGEST_PAUSE) })]) })
    .transform(({ handoff }) => ({ kind: 'handoff' as const, ...(handoff !== true && { pause: handoff.pauseSeconds * 1_000 }) })),
};
type Name = keyof typeof ACTIONS;
const NAMES = Object.keys(ACTIONS) as Name[];

/** The whole of it, for documentation: it is read entry by entry, so that a bad one does not take the others with it. */
export const AnswerWithActions = z.object({ actions: z.array(z.union(Object.values(ACTIONS))).max(MOST_ACTIONS) });

/** None for what is no JSON or has no `actions`: most answers are not meant for the hub. Never throws. */
export function actionRequestsIn({ headers, body, cut, broken }: Answer): ActionRequest[] {
  if (!/^application\/json\b/i.test(String(headers['content-type'] ?? '')) || body.length === 0) return [];
  if (cut) return [refused(null, 'payload-too-large', 'The answer is over 64 KiB, so actions were not looked for in it.')];
  const encoding = headers['content-encoding'];
  const plain = unpacked(body, encoding, LARGEST);
  if (plain === null)
    return [
      refused(
        null,
        'invalid-body',
        `The answer is compressed (${encoding}) and cannot be unpacked within 64 KiB, so actions were not looked for in it.`,
      ),
    ];
  const text = utf8(plain);
  if (text === null) return [refused(null, 'invalid-body', 'The JSON of the answer is not UTF-8, so actions were not looked for in it.')];
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    const why = broken ? `The JSON of the answer broke off (${broken.detail})` : 'The answer says that it is JSON and is not';
    return [refused(null, 'invalid-body', `${why}, so actions were not looked for in it.`)];
  }
  const list = (answer as { actions?: unknown } | null)?.actions;
  if (list === undefined) return [];
  if (!Array.isArray(list)) return [refused(null, 'invalid-body', '"actions" is not a list.')];
  if (list.length > MOST_ACTIONS)
    return [refused(null, 'invalid-body', `"actions" has ${list.length} entries and the most is ${MOST_ACTIONS}; none was run.`)];
  return withTyping(list.map(read));
}

function read(action: unknown, index: number): ActionRequest {
  const name = NAMES.find((known) => typeof action === 'object' && action !== null && Object.hasOwn(action, known));
  if (name === undefined) return refused(index, 'invalid-body', `This is no action. There are ${NAMES.join(', ')}.`);
  const parsed = ACTIONS[name].safeParse(action);
  if (!parsed.success) return refused(index, 'invalid-body', explain(parsed.error));
  return { index, ...parsed.data };
}

/** Each text and each file takes over the indicator before it. */
function withTyping(list: ActionRequest[]): ActionRequest[] {
  return list.map((asked, at) => {
    if (asked.kind === 'typing') return { ...asked, before: list.slice(at).find(isWritten)?.index ?? null };
    if (!isWritten(asked)) return asked;
    const since = list.slice(list.slice(0, at).findLastIndex(isWritten) + 1, at);
    const typing = since.findLast((one) => one.kind === 'typing');
    return typing ? { ...asked, typing: typing.time } : asked;
  });
}

const isWritten = (asked: ActionRequest): asked is ActionRequest & Written => asked.kind === 'text' || asked.kind === 'media';

function explain(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ');
}

const refused = (index: number | null, code: ErrorCode, message: string): ActionRequest => ({
  index,
  kind: 'refused',
  error: { code, message },
});
