import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { DisconnectSandboxBody, Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { addressText } from '../../parts/address.ts';
import { Field, Select } from '../../parts/field.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { notify } from '../../parts/notices.tsx';
import { say } from '../../parts/say.ts';
import { Time } from '../../parts/time.tsx';
import { fill } from '../../words/words.ts';
import { PhoneChat } from './phone-chat.tsx';
import { words } from './words.ts';

/** The phone of a sandbox session, to be played. */
export function SandboxPhone({ session }: { session: Session }) {
  const { id } = session;
  const scanPhone = useSignal('5511999990000');
  const fails = useSignal('1');
  const reason = useSignal<NonNullable<DisconnectSandboxBody['reason']>>('network');
  const outbox = useList(id, (cursor) => hub.listSandboxOutbox(id, { cursor }), {
    after: ['message.sent', 'message.failed'],
    about: ({ sessionId }) => (sessionId === id ? undefined : null),
    idOf: ({ engineId }) => engineId,
  });
  const isScannable = session.status === 'qr' || session.status === 'pairing';

  return (
    <>
      <p class="lead">{words.phoneLead}</p>
      <div class="panes">
        <Play
          title={words.scanTitle}
          verb={words.scan}
          isOff={!isScannable}
          act={() => hub.scanInSandbox(id, { phone: scanPhone.value })}
          done={() => words.scanned}
        >
          {isScannable ? <Field label={words.scanPhone} text={scanPhone} type="tel" /> : <p class="help">{words.scanNow}</p>}
        </Play>
        <PhoneChat id={id} />
        <Play
          title={words.failTitle}
          verb={words.fail}
          act={() => hub.setSandboxFaults(id, { send: { failNext: Number(fails.value) } })}
          done={() => fill(words.failSet, { count: fails.value })}
        >
          <Field label={words.failSends} text={fails} inputmode="numeric" />
        </Play>
        <Play title={words.lose} verb={words.lose} act={() => hub.disconnectSandbox(id, { reason: reason.value })} done={() => words.lost}>
          <Select
            label={words.loseReason}
            text={reason}
            options={[
              ['network', words.network],
              ['loggedOut', words.loseLoggedOut],
              ['conflict', words.conflict],
              ['banned', words.banned],
            ]}
          />
        </Play>
      </div>
      <h2>{words.outboxTitle}</h2>
      <List
        list={outbox}
        label={words.outboxLabel}
        idOf={({ engineId }) => engineId}
        columns={[
          { head: words.outboxTo, cell: ({ to }) => <span class="address">{addressText(to)}</span> },
          { head: words.outboxText, cell: ({ type, text, caption }) => text ?? caption ?? type },
          { head: words.outboxAt, cell: ({ at }) => <Time at={at} /> },
        ]}
        empty={
          <Empty title={words.outboxEmptyTitle}>
            <p>{words.outboxEmpty}</p>
          </Empty>
        }
      />
    </>
  );
}

interface PlayProps {
  title: string;
  verb: string;
  isOff?: boolean;
  act(): Promise<unknown>;
  /** What to say then. */
  done(): string;
  children: ComponentChildren;
}

function Play({ title, verb, isOff = false, act, done, children }: PlayProps) {
  const error = useSignal<string | null>(null);
  const isActing = useSignal(false);
  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    error.value = null;
    isActing.value = true;
    await act().then(
      () => notify(done()),
      (refused) => {
        error.value = say(refused);
      },
    );
    isActing.value = false;
  }
  return (
    <form class="pane" onSubmit={submit} noValidate>
      <h2>{title}</h2>
      {children}
      {error.value !== null && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      <button type="submit" class="quiet" disabled={isOff || isActing.value}>
        {verb}
      </button>
    </form>
  );
}
