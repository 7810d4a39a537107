import type { ListRunsQuery, Run } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { addressText } from '../../parts/address.ts';
import { Fact } from '../../parts/fact.tsx';
import { Chips } from '../../parts/filters.tsx';
import { Awaited, Empty, List } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { EVENTS, flowPath, STATES, type TracedTurn, turnsOf } from './flow.ts';
import { Graph } from './graph.tsx';
import { type FlowGraph, goneOf, stepName, trailOf } from './layout.ts';
import { RunState } from './status.tsx';
import { Steps } from './steps.tsx';
import { useGraph } from './use-graph.ts';
import { words } from './words.ts';

/** What became of a flow in the chats, the newest first. */
export function Runs({ name }: { name: string }) {
  const status = query.value.get('status') ?? '';
  const list = useList(
    `${name} ${status}`,
    (cursor) => hub.listRuns({ flow: name, status: (status || undefined) as ListRunsQuery['status'], trace: false, cursor }),
    { after: EVENTS },
  );
  return (
    <>
      <Chips
        label={words.state}
        options={STATES.map((state) => [state, words[state]] as const)}
        chosen={status}
        choose={(value) => setQuery({ status: value })}
      />
      <List
        list={list}
        label={words.runs}
        columns={[
          {
            head: words.chat,
            cell: ({ id, chat }) => (
              <a class="address" href={flowPath(name, 'runs', id)}>
                {addressText(chat.id)}
              </a>
            ),
          },
          { head: words.state, cell: (run) => <RunState status={run.status} /> },
          { head: words.revision, isNumber: true, cell: ({ revision }) => number(revision) },
          { head: words.began, cell: ({ startedAt }) => <Time at={startedAt} /> },
          { head: words.moved, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
        ]}
        empty={
          <Empty title={words.noRunsTitle}>
            <p>{words.noRuns}</p>
          </Empty>
        }
      />
    </>
  );
}

/** One run: what it knows, and turn by turn what it did. */
export function OneRun({ id }: { id: string }) {
  const { value: run, trouble, reload } = useOne(id, () => hub.getRun(id), { after: [...EVENTS, 'message.*'] });
  return run ? <ShownRun run={run} /> : <Awaited trouble={trouble} reload={reload} />;
}

function ShownRun({ run }: { run: Run }) {
  const { flow, waitsFor } = run;
  const graph = useGraph(flow, run.revision);
  return (
    <div class="panes">
      <section class="pane">
        <h2>{addressText(run.chat.id)}</h2>
        <dl class="facts">
          <Fact name={words.state}>
            <RunState status={run.status} />
          </Fact>
          <Fact name={words.revision}>{number(run.revision)}</Fact>
          {waitsFor && (
            <Fact name={words.waitsFor}>
              {words[`waits_${waitsFor.kind}`]}
              {waitsFor.step !== null && ` · ${stepName(graph, flow, waitsFor.step)}`}
            </Fact>
          )}
          {waitsFor?.until && (
            <Fact name={words.until}>
              <Time at={waitsFor.until} />
            </Fact>
          )}
          {Object.entries(run.answers).map(([key, value]) => (
            <Fact key={key} name={key}>
              {typeof value === 'string' ? value : JSON.stringify(value)}
            </Fact>
          ))}
        </dl>
        {run.error && <p class="error">{run.error.message}</p>}
      </section>
      <section class="pane">
        <h2>{words.trace}</h2>
        <ol class="plain">
          {turnsOf(run).map((turn) => (
            <Turn key={`${turn.at} ${turn.cause}`} turn={turn} flow={flow} graph={graph} />
          ))}
        </ol>
      </section>
      {graph && <RunGraph run={run} graph={graph} />}
    </div>
  );
}

/** The text that the run began on, coloured by what it did. */
function RunGraph({ run, graph }: { run: Run; graph: FlowGraph }) {
  const at = run.status === 'waiting' ? (run.waitsFor?.step ?? null) : null;
  return (
    <section class="pane flow-side">
      <h2>{words.graph}</h2>
      <Graph graph={graph} gone={goneOf(graph.flow, trailOf(run.flow, run.status, turnsOf(run)), at)} />
    </section>
  );
}

interface TurnProps {
  turn: TracedTurn;
  flow: string;
  graph: FlowGraph | null;
}

function Turn({ turn: { at, cause, steps, sent, http, model, heard }, flow, graph }: TurnProps) {
  return (
    <li class="stack-tight">
      <div class="row between">
        <b>{cause in words ? words[cause as keyof typeof words] : cause}</b>
        <Time at={at} />
      </div>
      <Steps graph={graph} flow={flow} steps={steps} />
      {sent.length > 0 && (
        <p class="help">
          {words.sent}:{' '}
          {sent.map(({ step, messageId }, nth) => (
            <span key={messageId}>
              {nth > 0 && ', '}
              {may('messages:read') ? (
                <a href={`/dashboard/sends/${messageId}`}>{stepName(graph, flow, step)}</a>
              ) : (
                stepName(graph, flow, step)
              )}
            </span>
          ))}
        </p>
      )}
      {http && <p class="help">{'status' in http ? http.status : http.error}</p>}
      {model && (
        <p class="help">
          {model.refused === null
            ? fill(words.modelDid, { tools: model.tools.join(', ') })
            : fill(words.modelRefused, { why: model.refused })}
        </p>
      )}
      {heard?.map((one, nth) => (
        <p key={nth} class="help">
          {'text' in one ? fill(words.heard, { text: one.text }) : fill(words.notHeard, { why: one.error })}
        </p>
      ))}
    </li>
  );
}
