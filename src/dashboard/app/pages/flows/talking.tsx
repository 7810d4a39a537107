import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Simulation } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Fact } from '../../parts/fact.tsx';
import { Field } from '../../parts/field.tsx';
import { say } from '../../parts/say.ts';
import { fill } from '../../words/words.ts';
import { type Move, type Outcome, outcomesOf, PASSES, runOf, scriptOf } from './conversation.ts';
import { words } from './words.ts';

interface Props {
  name: string;
  source: string;
  said: Signal<Simulation | null>;
  /** Makes a test of the chat. */
  keep(moves: readonly Move[], said: Simulation): void;
}

/** A chat with the text as it is written, in no session and with nobody. `said`: what came of it. */
export function Talking({ name, source, said: told, keep }: Props) {
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
    void hub.simulateFlow(name, scriptOf(moves.value, { source, now: now.value })).then(
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
  }, [moves.value, now.value]);
  useEffect(() => {
    chat.current?.scrollTo({ top: chat.current.scrollHeight });
  }, [told.value, moves.value]);

  function send(event: Event): void {
    event.preventDefault();
    if (typed.value.trim() === '') return;
    moves.value = [...moves.value, { user: typed.value }];
    typed.value = '';
  }
  const simulation = told.value;
  const run = simulation && runOf(simulation);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <ol ref={chat} class="flow-chat" aria-label={words.chat} aria-live="polite" tabIndex={0}>
        {moves.value.length === 0 && <li class="help">{words.talkLead}</li>}
        {moves.value.map((move, at) => (
          <Turn key={`${at} ${Object.values(move)[0]}`} move={move} outcomes={simulation ? outcomesOf(simulation, at) : []} />
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
              keep(moves.value, simulation);
            }}
          >
            {words.keepAsTest}
          </button>
        )}
      </div>
      <Field label={words.clock} help={words.clockHelp} type="datetime-local" text={now} />
      {simulation && (
        <dl class="facts">
          <Fact name={words.underWay}>{run ? <code>{[run.flow, run.at].filter(Boolean).join(' ')}</code> : words.nothing}</Fact>
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

function Turn({ move, outcomes }: { move: Move; outcomes: readonly Outcome[] }) {
  return (
    <>
      <li class={'user' in move ? 'flow-bubble flow-in' : 'flow-note'}>
        {'user' in move ? move.user : 'start' in move ? words.startedIt : fill(words.passed, { time: move.advance })}
      </li>
      {outcomes.map((outcome, at) => (
        <Came key={`${at} ${outcome.kind}`} outcome={outcome} />
      ))}
    </>
  );
}

function Came({ outcome }: { outcome: Outcome }) {
  if (outcome.kind === 'said') {
    return (
      <li class="flow-bubble flow-out" title={outcome.step}>
        {outcome.text}
      </li>
    );
  }
  if (outcome.kind === 'seen') return null;
  return <li class={outcome.kind === 'failed' ? 'flow-note error' : 'flow-note'}>{noteOf(outcome)}</li>;
}

function noteOf(outcome: Exclude<Outcome, { kind: 'said' | 'seen' }>): string {
  switch (outcome.kind) {
    case 'started':
      return fill(words.noteStarted, { flow: outcome.flow });
    case 'ended':
      return fill(words.noteEnded, { flow: outcome.flow });
    case 'failed':
      return fill(words.noteFailed, { why: outcome.message });
    case 'event':
      return fill(words.noteEvent, { type: outcome.type });
    case 'request':
      return `${outcome.method} ${outcome.url} → ${outcome.status ?? outcome.error ?? ''}`;
    case 'handoff':
      return fill(words.noteHandoff, { note: outcome.note ?? '' });
    case 'unanswered':
      return fill(words.noteUnanswered, { why: outcome.why });
  }
}
