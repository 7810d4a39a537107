import { useEffect, useRef } from 'preact/hooks';
import type { Run } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { Badge, type Tone } from '../../parts/badge.tsx';
import { Awaited } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { setQuery } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import { turnsOf } from '../flows/flow.ts';
import { stepName } from '../flows/layout.ts';
import { Steps } from '../flows/steps.tsx';
import { useGraph } from '../flows/use-graph.ts';
import type { Place } from './chat.ts';
import { words } from './words.ts';

const TONES: Record<Run['status'], Tone> = { waiting: 'busy', ended: 'good', failed: 'bad' };

/** Why each flow did or did not answer a message, and what the run that took it did before and since. */
export function Why({ place: { session, chat }, messageId }: { place: Place; messageId: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { value, trouble, reload } = useOne(messageId, () => hub.explainChat(session, chat, { message: messageId }), {
    after: ['flow.started', 'flow.ended', 'flow.failed'],
    isAbout: (event) => event.sessionName === session || event.sessionId === session,
  });
  const taken = (value?.run ?? null) as Pick<Run, 'id'> | null;
  const { value: run } = useOne(taken?.id ?? null, () => hub.getRun(taken?.id ?? ''), {
    after: ['message.queued', 'message.sent', 'flow.ended', 'flow.failed'],
    isAbout: (event) => event.sessionName === session || event.sessionId === session,
  });
  useEffect(() => heading.current?.focus(), []);

  return (
    <aside class="why" aria-labelledby="why">
      <div class="row between">
        <h2 ref={heading} id="why" tabIndex={-1}>
          {words.whyTitle}
        </h2>
        <button type="button" class="quiet small" onClick={() => setQuery({ why: null })}>
          {words.whyClose}
        </button>
      </div>
      {!value && <Awaited trouble={trouble} reload={reload} />}
      {value && (
        <>
          <p class="lead">{fill(words.whyOf, { text: value.message.text ?? value.message.type })}</p>
          {!taken && <p>{words.nobodyTook}</p>}
          {run && <Took run={run} messageId={messageId} />}
          {value.notes.map((note) => (
            <p key={note} class="advice">
              {note}
            </p>
          ))}
          <h3>{words.eachFlow}</h3>
          {value.flows.length === 0 && <p class="none">{words.noFlows}</p>}
          <ul class="plain">
            {value.flows.map(({ flow, starts, reason }) => (
              <li key={flow} class="stack-tight">
                <div class="row between">
                  <b>{flow}</b>
                  <Badge tone={starts ? 'good' : 'rest'}>{starts ? words.starts : words.startsNot}</Badge>
                </div>
                <p class="help">{reason}</p>
              </li>
            ))}
          </ul>
        </>
      )}
    </aside>
  );
}

function Took({ run, messageId }: { run: Run; messageId: string }) {
  const { waitsFor, error } = run;
  const graph = useGraph(run.flow, run.revision);
  return (
    <>
      <div class="stack-tight">
        <p>
          <b>{fill(words.took, { flow: run.flow })}</b> <span class="none">{fill(words.revision, { revision: number(run.revision) })}</span>
        </p>
        <Badge tone={TONES[run.status]}>{words[`run_${run.status}`]}</Badge>
        {waitsFor && (
          <p class="help">
            {fill(words[`waitsFor_${waitsFor.kind}`], { step: waitsFor.step === null ? '–' : stepName(graph, run.flow, waitsFor.step) })}
            {waitsFor.until && (
              <>
                , <Time at={waitsFor.until} />
              </>
            )}
          </p>
        )}
        {error && <p class="error">{error.message}</p>}
      </div>
      <h3>{words.trace}</h3>
      <ol class="plain">
        {turnsOf(run).map((turn) => (
          <li key={turn.at} class="stack-tight" aria-current={turn.messageId === messageId ? 'step' : undefined}>
            <div class="row between">
              <b>{(words as Record<string, string>)[`cause_${turn.cause}`] ?? turn.cause}</b>
              <Time at={turn.at} />
            </div>
            {turn.messageId === messageId && <span class="chip">{words.thisTurn}</span>}
            <Steps graph={graph} flow={run.flow} steps={turn.steps} />
            {turn.sent.length > 0 && <p class="help">{fill(words.sentCount, { count: number(turn.sent.length) })}</p>}
            {turn.http && (
              <p class="help">
                {'status' in turn.http
                  ? fill(words.httpStatus, { status: turn.http.status })
                  : fill(words.httpError, { error: turn.http.error })}
              </p>
            )}
            {turn.model && (
              <p class="help">
                {turn.model.refused === null
                  ? fill(words.modelDid, { tools: turn.model.tools.join(', ') })
                  : fill(words.modelRefused, { why: turn.model.refused })}
              </p>
            )}
            {turn.heard?.map((one, nth) => (
              <p key={nth} class="help">
                {'text' in one ? fill(words.heard, { text: one.text }) : fill(words.notHeard, { why: one.error })}
              </p>
            ))}
          </li>
        ))}
      </ol>
    </>
  );
}
