import { useSignal } from '@preact/signals';
import type { Handoff } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { type One, useOne } from '../../live/use-one.ts';
import { Badge } from '../../parts/badge.tsx';
import { Choice } from '../../parts/choice.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { MakeButton } from '../../parts/make-button.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { momentText } from '../../parts/time.tsx';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { chatOf, isOfSession, type Place } from './chat.ts';
import { words } from './words.ts';

/** Whether a person has the chat in hand; null for a key that may not know. */
export function useHandoff({ session, chat }: Place, names: readonly string[]): One<Handoff> {
  return useOne(may('flows:read') ? `${session} ${chat}` : null, () => hub.getChatHandoff(session, chat), {
    after: ['chat.handoff', 'chat.resumed'],
    isAbout: (event) => isOfSession(event, session) && names.includes(chatOf(event) ?? ''),
  });
}

interface WhoProps {
  handoff: Pick<Handoff, 'active' | 'until'>;
  /** The one that is under way in the chat. */
  flow?: string | undefined;
  /** Without until when. */
  isShort?: boolean;
}

/** Who answers in a chat: a person, or a flow. */
export function WhoAnswers({ handoff: { active, until }, flow, isShort = false }: WhoProps) {
  if (active) {
    return <Badge tone="warn">{until === null || isShort ? words.person : fill(words.personUntil, { time: momentText(until) })}</Badge>;
  }
  return flow === undefined ? <Badge tone="rest">{words.flows}</Badge> : <Badge tone="good">{fill(words.flow, { flow })}</Badge>;
}

/** Seconds that flows leave a chat alone in which somebody has written here, as after an answer on the phone. */
const AFTER_WRITING = 43_200;

/** Whoever writes in a chat answers in it from then on, unless a person does already. */
export async function takeOverByWriting({ session, chat }: Place): Promise<void> {
  if (!may('flows:write')) return;
  const { active } = await hub.getChatHandoff(session, chat);
  if (active) return;
  const { until } = await hub.handChatOff(session, chat, { pauseSeconds: AFTER_WRITING });
  notify(fill(words.takenByWriting, { time: until === null ? '' : momentText(until) }));
}

/** That the contact wants nothing more of flows, and how to take that back. */
function OptedOut({ place: { session, chat }, names }: { place: Place; names: readonly string[] }) {
  const { value, set } = useOne(`${session} ${chat}`, () => hub.getOptOut(session, chat), {
    after: ['contact.opted-out', 'contact.opted-in'],
    isAbout: (event) => isOfSession(event, session) && names.includes(chatOf(event) ?? ''),
  });
  if (!value?.optedOut) return null;
  return (
    <div class="row">
      <Badge tone="warn">{fill(words.optedOut, { time: value.since === null ? '' : momentText(value.since) })}</Badge>
      {may('flows:write') && (
        <button
          type="button"
          class="quiet small"
          onClick={() => {
            void hub.optIn(session, chat).then((now) => {
              set(now);
              notify(words.optedIn);
            }, notifyTrouble);
          }}
        >
          {words.optIn}
        </button>
      )}
    </div>
  );
}

/** Who answers, and how to change that. */
export function Hands({ place, names }: { place: Place; names: readonly string[] }) {
  const { value: handoff, set } = useHandoff(place, names);
  if (!handoff) return null;

  async function giveBack(): Promise<void> {
    await hub.resumeChat(place.session, place.chat).then((now) => {
      set(now);
      notify(words.givenBack);
    }, notifyTrouble);
  }

  return (
    <div class="hands">
      <div class="row">
        <WhoAnswers handoff={handoff} />
        {may('flows:write') && handoff.active && (
          <button type="button" class="quiet small" onClick={giveBack}>
            {words.giveBack}
          </button>
        )}
        {may('flows:write') && !handoff.active && (
          <MakeButton verb={words.takeOver} class="quiet small">
            {(close) => (
              <TakeOver
                place={place}
                done={(now) => {
                  set(now);
                  notify(words.takenOver);
                }}
                close={close}
              />
            )}
          </MakeButton>
        )}
      </div>
      <OptedOut place={place} names={names} />
      {handoff.active && (
        <p class="help">
          {handoff.by && words[`by_${handoff.by}`]} {handoff.note}
        </p>
      )}
    </div>
  );
}

/** In seconds; empty: until somebody gives it back. */
const PAUSES = [
  ['3600', words.hour],
  ['28800', words.eightHours],
  ['86400', words.day],
  ['', words.open_end],
] as const;

function TakeOver({ place, done, close }: { place: Place; done(handoff: Handoff): void; close(): void }) {
  const pause = useSignal<(typeof PAUSES)[number][0]>('3600');
  return (
    <FormDialog
      title={words.takeOverTitle}
      verb={words.takeOver}
      act={() => hub.handChatOff(place.session, place.chat, pause.value === '' ? {} : { pauseSeconds: Number(pause.value) })}
      done={done}
      close={close}
      lead={<p>{words.takeOverLead}</p>}
    >
      <Choice
        label={words.howLong}
        options={PAUSES}
        chosen={pause.value}
        choose={(value) => {
          pause.value = value;
        }}
      />
    </FormDialog>
  );
}
