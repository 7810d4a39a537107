import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Simulation } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Fact } from '../../parts/fact.tsx';
import { Field } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';
import { type Mock, type Move, type Outcome, outcomesOf, PASSES, type Request, runOf, scriptOf } from './conversation.ts';
import { fits, MockForm, Mocks, mockFor, type Setting } from './mocks.tsx';
import { words } from './words.ts';

interface Props {
  name: string;
  source: string;
  said: Signal<Simulation | null>;
  /** What a person calls a step of the flow. */
  nameOf(flow: string, step: string): string;
  /** Makes a test of the chat. */
  keep(chat: { moves: readonly Move[]; mocks: readonly Mock[]; said: Simulation }): void;
}

/** A chat with the text as it is written, in no session and with nobody. `said`: what came of it. */
export function Talking({ name, source, said: told, nameOf, keep }: Props) {
  const mocks = useSignal<readonly Mock[]>([]);
  const setting = useSignal<Setting | null>(null);
  const moves = useSignal<readonly Move[]>([]);
  const now = useSignal('');
  const typed = useSignal('');
  const trouble = useSignal<unknown>(null);
  const chat = useRef<HTMLOListElement>(null);

  useEffect(() => {
    if (moves.value.length === 0) {
      told.value = null;
      trouble.value = null;
      return;
    }
    let isOver = false;
    void hub.simulateFlow(name, scriptOf(moves.value, { source, now: now.value, mocks: mocks.value })).then(
      (simulation) => {
        if (isOver) return;
        told.value = simulation;
        trouble.value = null;
      },
      (why) => {
        if (!isOver) trouble.value = why;
      },
    );
    return () => {
      isOver = true;
    };
    // What is typed into the text meanwhile counts with the next move.
  }, [moves.value, now.value, mocks.value]);
  useEffect(() => {
    chat.current?.scrollTo({ top: chat.current.scrollHeight });
  }, [told.value, moves.value]);

  function send(event: Event): void {
    event.preventDefault();
    if (typed.value.trim() === '') return;
    moves.value = [...moves.value, { user: typed.value }];
    typed.value = '';
  }
  function change(request: Request): void {
    const step = request.flow !== null && request.step !== null ? nameOf(request.flow, request.step) : null;
    setting.value = { request: fits(request), asks: request.asks, step, mock: mockFor(mocks.peek(), request) };
  }
  /** What was set for it before makes room, also where it is now for other requests. */
  const instead =
    ({ mock: before }: Setting) =>
    (mock: Mock): void => {
      mocks.value = [mock, ...mocks.value.filter((one) => one !== before && one.request !== mock.request)];
    };
  const simulation = told.value;
  const run = simulation && runOf(simulation);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <ol ref={chat} class="flow-chat" aria-label={words.chat} aria-live="polite" tabIndex={0}>
        {moves.value.length === 0 && <li class="help">{words.talkLead}</li>}
        {moves.value.map((move, at) => (
          <Turn
            key={`${at} ${Object.values(move)[0]}`}
            move={move}
            outcomes={simulation ? outcomesOf(simulation, at) : []}
            nameOf={nameOf}
            change={change}
          />
        ))}
      </ol>
      {trouble.value !== null && (
        <p class="error" role="alert">
          {say(trouble.value)}
        </p>
      )}
      <form class="flow-say" onSubmit={send}>
        <Field label={words.message} text={typed} />
        <button type="submit" class="main">
          {words.say}
        </button>
      </form>
      <div class="row">
        <span class="none">{words.timePasses}</span>
        {PASSES.map((advance) => (
          <button
            key={advance}
            type="button"
            class="chip"
            onClick={() => {
              moves.value = [...moves.value, { advance }];
            }}
          >
            {advance}
          </button>
        ))}
        <button
          type="button"
          class="chip"
          onClick={() => {
            moves.value = [...moves.value, { start: name }];
          }}
        >
          {words.startIt}
        </button>
        {moves.value.length > 0 && (
          <button
            type="button"
            class="link"
            onClick={() => {
              moves.value = [];
            }}
          >
            {words.talkAgain}
          </button>
        )}
        {moves.value.length > 0 && simulation && (
          <button
            type="button"
            class="link"
            onClick={() => {
              keep({ moves: moves.value, mocks: mocks.value, said: simulation });
            }}
          >
            {words.keepAsTest}
          </button>
        )}
      </div>
      <Mocks
        mocks={mocks}
        change={(one) => {
          setting.value = one;
        }}
      />
      {setting.value && (
        <MockForm
          setting={setting.value}
          done={instead(setting.value)}
          close={() => {
            setting.value = null;
          }}
        />
      )}
      <Field label={words.clock} help={words.clockHelp} type="datetime-local" text={now} />
      {simulation && (
        <dl class="facts">
          <Fact name={words.underWay}>
            {run ? [run.flow, run.at !== null && nameOf(run.flow, run.at)].filter(Boolean).join(' · ') : words.nothing}
          </Fact>
          {Object.entries(run?.answers ?? {}).map(([key, value]) => (
            <Fact key={key} name={key}>
              {typeof value === 'string' ? value : JSON.stringify(value)}
            </Fact>
          ))}
          {simulation.tags.length > 0 && <Fact name={words.tags}>{simulation.tags.join(', ')}</Fact>}
        </dl>
      )}
    </>
  );
}

interface TurnProps extends Pick<Props, 'nameOf'> {
  move: Move;
  outcomes: readonly Outcome[];
  /** Sets what is answered to a request. */
  change(request: Request): void;
}

function Turn({ move, outcomes, nameOf, change }: TurnProps) {
  return (
    <>
      <li class={'user' in move ? 'flow-bubble flow-in' : 'flow-note'}>
        {'user' in move ? move.user : 'start' in move ? words.startedIt : fill(words.passed, { time: move.advance })}
      </li>
      {outcomes.map((outcome, at) => (
        <Came key={`${at} ${outcome.kind}`} outcome={outcome} nameOf={nameOf} change={change} />
      ))}
    </>
  );
}

function Came({ outcome, nameOf, change }: { outcome: Outcome } & Pick<TurnProps, 'nameOf' | 'change'>) {
  if (outcome.kind === 'said') {
    return (
      <li class="flow-bubble flow-out" title={nameOf(outcome.flow, outcome.step)}>
        {outcome.text}
      </li>
    );
  }
  if (outcome.kind === 'seen') return null;
  if (outcome.kind === 'request') {
    const { method, url, status, error, flow, step, mocked } = outcome;
    return (
      <li class="flow-note">
        {flow !== null && step !== null && <b>{nameOf(flow, step)}: </b>}
        {method} {url} → {mocked ? (status ?? error) : words.noteUnset}{' '}
        <button type="button" class="link" onClick={() => change(outcome)}>
          {mocked ? words.mockChange : words.mockSetIt}
        </button>
      </li>
    );
  }
  return <li class={outcome.kind === 'failed' ? 'flow-note error' : 'flow-note'}>{noteOf(outcome)}</li>;
}

function noteOf(outcome: Exclude<Outcome, { kind: 'said' | 'seen' | 'request' }>): string {
  switch (outcome.kind) {
    case 'started':
      return fill(words.noteStarted, { flow: outcome.flow });
    case 'ended':
      return fill(words.noteEnded, { flow: outcome.flow });
    case 'failed':
      return fill(words.noteFailed, { why: outcome.message });
    case 'event':
      return fill(words.noteEvent, { type: outcome.type });
    case 'handoff':
      return fill(words.noteHandoff, { note: outcome.note ?? '' });
    case 'opted_out':
      return words.noteOptedOut;
    case 'opted_in':
      return words.noteOptedIn;
    case 'unanswered':
      return fill(words.noteUnanswered, { why: outcome.why });
  }
}
