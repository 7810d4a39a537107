import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Flow, type FlowTestRun, type FlowTests, isProblem } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { Badge } from '../../parts/badge.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Fact } from '../../parts/fact.tsx';
import { saveFile } from '../../parts/file.ts';
import { Awaited } from '../../parts/list.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { number } from '../../parts/number.ts';
import { say } from '../../parts/say.ts';
import { go } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import type { Draft } from './drafts.ts';
import type { Editor } from './editor.ts';
import { type Fault, faultOf, flowPath } from './flow.ts';
import { format } from './format.ts';
import { Graph } from './graph.tsx';
import { type FlowGraph, goneOf } from './layout.ts';
import { firstTests, testsWritten, writeTests } from './test-drafts.ts';
import { TextEditor } from './text-editor.tsx';
import { words } from './words.ts';

interface Props {
  name: string;
  flow: Flow;
  draft: Draft;
}

/** The tests of a flow: as they are being written, else as they are kept with it or in the file beside its own, else how to begin. */
export function Tests({ name, flow, draft }: Props) {
  const { value: kept, trouble, reload, set } = useOne(name, () => hub.getFlowTests(name));
  if (!kept) return <Awaited trouble={trouble} reload={reload} />;
  const canKeep = may('flows:write') && flow.origin === 'api';
  const begun = kept.source ?? firstTests(name, flow.says[0] ?? 'hi');
  return <TestBench name={name} kept={kept} begun={begun} draft={draft} canKeep={canKeep} saved={set} />;
}

interface Ran {
  tests: string;
  source: string;
  run: FlowTestRun | null;
  graph: FlowGraph | null;
  /** What is wrong with the tests themselves, or with the flow. */
  faults: readonly Fault[];
  flowFaults: readonly Fault[];
  trouble: unknown;
}

const NONE: readonly Fault[] = [];

interface BenchProps {
  name: string;
  kept: FlowTests;
  /** What stands there where nobody has written anything. */
  begun: string;
  draft: Draft;
  /** Whether they can be kept with the flow. */
  canKeep: boolean;
  saved(tests: FlowTests): void;
}

function TestBench({ name, kept, begun, draft, canKeep, saved }: BenchProps) {
  const editor = useRef<Editor | null>(null);
  const ran = useSignal<Ran | null>(null);
  const isRunning = useSignal(false);
  const isSaving = useSignal(false);
  const isRemoving = useSignal(false);
  const written = testsWritten(name);
  const current = (): string => testsWritten(name)?.text ?? begun;
  const text = current();
  const write = (next: string): void => {
    writeTests(name, next === begun ? null : { text: next, revision: testsWritten(name)?.revision ?? kept.revision });
  };

  async function save(): Promise<void> {
    const source = current();
    isSaving.value = true;
    await hub.putFlowTests(name, source || '\n').then((tests) => {
      if (current() === source) writeTests(name, null);
      saved(tests);
      notify(words.testsSaved);
    }, notifyTrouble);
    isSaving.value = false;
  }

  async function run(): Promise<void> {
    if (isRunning.peek()) return;
    const [tests, source] = [current(), draft.current()];
    isRunning.value = true;
    const nothing = { tests, source, run: null, graph: null, faults: NONE, flowFaults: NONE, trouble: null };
    try {
      const [told, { graph }] = await Promise.all([hub.testFlow(name, { tests: tests || '\n', source }), hub.checkFlow(source)]);
      ran.value = { ...nothing, run: told, graph, faults: told.results.flatMap(({ failures }) => failures.map(faultOf)) };
    } catch (refused) {
      const errors = isProblem(refused, 'flow-invalid') ? refused.errors : [];
      const isOfTests = (error: { path: string }): boolean => /\.test\.ya?ml:/.test(error.path);
      ran.value = {
        ...nothing,
        faults: errors.filter(isOfTests).map(faultOf),
        flowFaults: errors.filter((error) => !isOfTests(error)).map(faultOf),
        trouble: errors.length > 0 ? null : refused,
      };
    }
    isRunning.value = false;
  }
  useEffect(() => {
    void run();
  }, []);
  const result = ran.value;
  const isOld = result !== null && (result.tests !== text || result.source !== draft.text);
  return (
    <div class="flow-writing">
      <section class="stack-tight">
        <p class="help">
          {kept.path !== null ? fill(words.testsFile, { path: kept.path }) : canKeep ? words.testsHere : words.testsElsewhere}
        </p>
        {canKeep && written !== null && written.revision !== kept.revision && <p class="advice">{words.testsBehind}</p>}
        <TextEditor
          label={fill(words.testsOf, { name })}
          text={text}
          current={current}
          faults={result?.tests === text ? result.faults : NONE}
          isReadOnly={false}
          editor={editor}
          language={() => hub.getFlowTestSchema()}
          write={write}
          done={() => void run()}
          format={() => void format(editor, { current, write })}
        />
        <div class="row between">
          <button type="button" class="main" disabled={isRunning.value} onClick={() => void run()}>
            {isRunning.value ? words.running : words.runTests}
          </button>
          <span class="row">
            {canKeep && (
              <button type="button" class="quiet" disabled={isSaving.value || text === kept.source} onClick={() => void save()}>
                {words.keepTests}
              </button>
            )}
            <button type="button" class="link" onClick={() => void format(editor, { current, write })} title={words.formatKeys}>
              {words.format}
            </button>
            <button
              type="button"
              class="link"
              onClick={() => saveFile(new Blob([current()], { type: 'application/yaml' }), `${name}.test.yml`)}
            >
              {words.saveTests}
            </button>
            {text !== begun && (
              <button type="button" class="link" onClick={() => write(begun)}>
                {words.discard}
              </button>
            )}
            {canKeep && kept.source !== null && (
              <button
                type="button"
                class="link"
                onClick={() => {
                  isRemoving.value = true;
                }}
              >
                {words.removeTests}
              </button>
            )}
          </span>
        </div>
      </section>
      <section class="pane">
        <h2>{words.results}</h2>
        <div class="stack-tight" aria-live="polite">
          {isOld && <p class="advice">{words.testsOld}</p>}
          {result && <Results ran={result} name={name} editor={editor} />}
        </div>
      </section>
      {isRemoving.value && (
        <Confirm
          title={fill(words.removeTestsTitle, { name })}
          verb={words.removeTests}
          act={async () => {
            await hub.deleteFlowTests(name);
            saved({ path: null, source: null, revision: null, updatedAt: null });
            notify(words.testsRemoved);
          }}
          close={() => {
            isRemoving.value = false;
          }}
        >
          <p>{words.removeTestsLead}</p>
        </Confirm>
      )}
    </div>
  );
}

function Results({ ran, name, editor }: { ran: Ran; name: string; editor: { current: Editor | null } }) {
  const { run, graph, faults, flowFaults, trouble } = ran;
  const toFlow = ({ line, column }: { line: number; column: number }): void => go(`${flowPath(name)}?line=${line}&column=${column}`);
  const toTests = ({ line, column }: Fault): void => editor.current?.goTo(line, column);
  if (trouble !== null) return <p class="error">{say(trouble)}</p>;
  if (!run) {
    return (
      <>
        <p class="error">{words.testsNotRun}</p>
        <Faults faults={faults} goTo={toTests} />
        {flowFaults.length > 0 && <p class="error">{words.flowWrong}</p>}
        <Faults faults={flowFaults} goTo={toFlow} />
      </>
    );
  }
  const { results, coverage } = run;
  const gone = goneOf(coverage.flow, coverage.trail);
  return (
    <>
      <ul class="plain" aria-label={words.results}>
        {results.map(({ name: test, place, failures }) => (
          <li key={place} class="stack-tight">
            <div class="row between">
              <span>{test}</span>
              <Badge tone={failures.length === 0 ? 'good' : 'bad'}>{failures.length === 0 ? words.held : words.heldNot}</Badge>
            </div>
            <Faults faults={failures.map(faultOf)} goTo={toTests} />
          </li>
        ))}
      </ul>
      <dl class="facts">
        <Fact name={words.stepsGone}>{fill(words.ofAll, { some: number(coverage.steps.done), all: number(coverage.steps.all) })}</Fact>
        <Fact name={words.branchesGone}>
          {fill(words.ofAll, { some: number(coverage.branches.gone), all: number(coverage.branches.all) })}
        </Fact>
      </dl>
      {coverage.missed.length > 0 && (
        <details>
          <summary>{fill(words.missed, { count: number(coverage.missed.length) })}</summary>
          <Faults faults={coverage.missed.map(faultOf)} goTo={toFlow} />
        </details>
      )}
      {graph && <Graph graph={graph} gone={gone} choose={toFlow} />}
    </>
  );
}

function Faults({ faults, goTo }: { faults: readonly Fault[]; goTo(fault: Fault): void }) {
  if (faults.length === 0) return null;
  return (
    <ul class="flow-places">
      {faults.map((fault) => (
        <li key={`${fault.line}:${fault.column} ${fault.message}`}>
          <button type="button" class="link" onClick={() => goTo(fault)}>
            {fill(words.line, { line: number(fault.line) })}
          </button>{' '}
          {fault.message}
        </li>
      ))}
    </ul>
  );
}
