import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hub } from '../../ask.ts';
import { words as common } from '../../here.ts';
import { hear } from '../../live/events.ts';
import { number } from '../../parts/number.ts';
import { Progress } from '../../parts/progress.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';
import type { Entry } from './rows.ts';
import { EVENTS, messageOf, SENDS, type SendStatus } from './send.ts';
import { words } from './words.ts';

/** Entries of one request. */
const PIECE = 200;

const LEFT: readonly SendStatus[] = ['sent', 'delivered', 'read', 'played'];
const ARRIVED: readonly SendStatus[] = ['delivered', 'read', 'played'];
const WRONG: readonly SendStatus[] = ['failed', 'expired', 'unknown'];

/** Hands the entries over to the hub, piece by piece, and follows how far they come. */
export function Handing({ entries }: { entries: readonly Entry[] }) {
  const done = useSignal(0);
  const refused = useSignal<readonly { to: string; why: string }[]>([]);
  const trouble = useSignal<string | null>(null);
  /** How each stands that was accepted, and, of those that an event told of before the answer did, any. */
  const statuses = useSignal<ReadonlyMap<string, SendStatus>>(new Map());
  const own = useSignal<ReadonlySet<string>>(new Set());

  async function hand(): Promise<void> {
    trouble.value = null;
    while (done.peek() < entries.length) {
      const from = done.peek();
      const piece = entries.slice(from, from + PIECE);
      try {
        const { data } = await hub.sendMessages({ messages: piece });
        const taken = data.flatMap((one) => ('message' in one ? [one.message] : []));
        const not = data.flatMap((one) => ('error' in one ? [{ to: piece[one.index]?.to ?? '', why: one.error.detail }] : []));
        own.value = new Set([...own.peek(), ...taken.map(({ id }) => id)]);
        statuses.value = new Map([...taken.map(({ id, status }) => [id, status] as const), ...statuses.peek()]);
        refused.value = [...refused.peek(), ...not];
        done.value = from + piece.length;
      } catch (error) {
        trouble.value = say(error);
        return;
      }
    }
  }
  useEffect(() => {
    void hand();
    return hear(EVENTS, (event) => {
      const id = messageOf(event);
      const status = event.type.slice('message.'.length) as SendStatus;
      if (id !== undefined) statuses.value = new Map(statuses.peek()).set(id, status);
    });
  }, []);

  const accepted = done.value - refused.value.length;
  const count = (some: readonly SendStatus[]): number =>
    [...own.value].filter((id) => some.includes(statuses.value.get(id) ?? 'queued')).length;
  return (
    <>
      <Progress text={words.sendingRows} done={done.value} count={entries.length} />
      {trouble.value !== null && (
        <div class="stack-tight">
          <p class="error" role="alert">
            {trouble.value}
          </p>
          <p class="help">{words.again}</p>
          <button type="button" class="main" onClick={hand}>
            {common.tryAgain}
          </button>
        </div>
      )}
      <p role="status">{fill(words.handedOver, { accepted: number(accepted), refused: number(refused.value.length) })}</p>
      <section class="pane narrow">
        <h2>{words.progress}</h2>
        <ul class="plain">
          <li>{fill(words.left, { count: number(count(LEFT)) })}</li>
          <li>{fill(words.arrived, { count: number(count(ARRIVED)) })}</li>
          <li>{fill(words.wentWrong, { count: number(count(WRONG)) })}</li>
        </ul>
        <a href={SENDS}>{words.toQueue}</a>
      </section>
      {refused.value.length > 0 && (
        <section class="stack-tight">
          <h2>{words.refusedRows}</h2>
          <ul class="plain">
            {refused.value.slice(0, 100).map(({ to, why }) => (
              <li key={`${to} ${why}`}>
                <b>{to}</b> <span class="error">{why}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
