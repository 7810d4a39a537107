import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type CreateSessionBody, isProblem, type ProblemMembers, type Session } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { words } from '../../here.ts';
import { Field } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';

/** What `session-exists` offers. */
type Taken = Pick<ProblemMembers<'session-exists'>, 'existing' | 'options'>;

/** A name for the session; where it is taken, what to do about that. */
export function NameForm({ made }: { made(session: Session): void }) {
  const name = useSignal('');
  const isSandbox = useSignal(false);
  const error = useSignal<string | null>(null);
  const isAsking = useSignal(false);
  const taken = useSignal<Taken | null>(null);

  async function create(body: CreateSessionBody): Promise<void> {
    error.value = null;
    isAsking.value = true;
    await hub.createSession(body).then(made, (refused) => {
      if (isProblem(refused, 'session-exists')) taken.value = refused.members;
      else {
        taken.value = null;
        error.value = say(refused, { 'invalid-body': words.nameWrong });
      }
    });
    isAsking.value = false;
  }

  if (taken.value) {
    const forget = (): void => {
      taken.value = null;
    };
    return <NameTaken {...taken.value} isAsking={isAsking.value} create={create} back={forget} />;
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void create({ name: name.value.trim(), ...(isSandbox.value && { engine: 'sandbox' }) });
      }}
      noValidate
    >
      <Field label={words.name} help={words.nameHelp} error={error.value} text={name} type="text" autocomplete="off" />
      <label class="check">
        <input
          type="checkbox"
          checked={isSandbox.value}
          onChange={(event) => {
            isSandbox.value = event.currentTarget.checked;
          }}
        />
        <span>{words.sandbox}</span>
      </label>
      <button type="submit" class="main" disabled={isAsking.value}>
        {words.connect}
      </button>
    </form>
  );
}

interface NameTakenProps extends Taken {
  isAsking: boolean;
  create(body: CreateSessionBody): void;
  back(): void;
}

function NameTaken({ existing, options, isAsking, create, back }: NameTakenProps) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  const ways = [
    ['use', words.takenUse, words.takenUseHelp],
    ['name', fill(words.takenName, { name: options.name.name }), words.takenNameHelp],
    ['recreate', words.takenRecreate, words.takenRecreateHelp],
  ] as const;
  return (
    <section class="taken">
      <h2 ref={title} tabIndex={-1}>
        {fill(words.takenTitle, { name: existing.name })}
      </h2>
      <p>{fill(words.takenLead, { status: existing.status })}</p>
      <ul>
        {ways.map(([way, text, help]) => (
          <li key={way}>
            <button type="button" class={`way way-${way}`} disabled={isAsking} onClick={() => create(options[way])}>
              <b>{text}</b>
              <span class="way-help">{help}</span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="link" onClick={back}>
        {words.back}
      </button>
    </section>
  );
}
