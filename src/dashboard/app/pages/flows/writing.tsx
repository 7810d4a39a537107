import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Flow } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { number } from '../../parts/number.ts';
import { say } from '../../parts/say.ts';
import { query } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import type { Draft } from './drafts.ts';
import type { Editor } from './editor.ts';
import { type Fault, faultOf } from './flow.ts';
import { format } from './format.ts';
import type { FlowGraph } from './layout.ts';
import { type Cursor, Side } from './side.tsx';
import { TextEditor } from './text-editor.tsx';
import { words } from './words.ts';

/** Milliseconds after the last key before the text is checked. */
const PAUSE = 400;
const NONE: readonly Fault[] = [];

interface Checked {
  /** The text that it is about. */
  text: string;
  faults: readonly Fault[];
  /** What it needs and is not there yet: it is published all the same. */
  warnings: readonly Fault[];
  /** Null: nothing of it can be read. */
  graph: FlowGraph | null;
  trouble: unknown;
}

/** What is wrong with the text, as the hub says. The answer for an older text stays until there is a newer one. */
function useCheck(text: string): Checked | null {
  const checked = useSignal<Checked | null>(null);
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(
      () => {
        const tell = (told: Omit<Checked, 'text'>): void => {
          if (!isOver) checked.value = { text, ...told };
        };
        // A body of nothing is none.
        void hub.checkFlow(text || '\n').then(
          ({ errors, warnings, graph }) => tell({ faults: errors.map(faultOf), warnings: warnings.map(faultOf), graph, trouble: null }),
          (trouble) => tell({ faults: [], warnings: [], graph: null, trouble }),
        );
      },
      checked.peek() === null ? 0 : PAUSE,
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text]);
  return checked.value;
}

/** The place in the text that the address names. */
function placeAsked(): Cursor | null {
  const [line, column] = ['line', 'column'].map((name) => Number(query.peek().get(name) ?? 1));
  return query.peek().has('line') && line && column ? { line, column } : null;
}

interface Props {
  name: string;
  flow: Flow | null;
  draft: Draft;
  canWrite: boolean;
  publish(): void;
}

/** The text of a flow, with what is wrong with it at its place. */
export function Writing({ name, flow, draft, canWrite, publish }: Props) {
  const checked = useCheck(draft.text);
  const editor = useRef<Editor | null>(null);
  const cursor = useSignal<Cursor | null>(placeAsked());
  const goTo = (line: number, column: number): void => editor.current?.goTo(line, column);
  const faults = draft.faults.length > 0 ? draft.faults : (checked?.faults ?? NONE);
  return (
    <div class="flow-writing">
      <section class="stack-tight">
        {flow?.origin === 'file' && <p class="advice">{words.fromFile}</p>}
        {draft.isBehind && <p class="advice">{words.behind}</p>}
        <TextEditor
          label={fill(words.textOf, { name })}
          text={draft.text}
          begin={cursor.peek()}
          current={draft.current}
          faults={faults}
          isReadOnly={!canWrite}
          editor={editor}
          language={() => hub.getFlowSchema()}
          write={draft.write}
          moved={(line, column) => {
            cursor.value = { line, column };
          }}
          done={publish}
          format={() => void format(editor, draft)}
        />
        <div class="row between">
          <Verdict checked={checked} text={draft.text} count={faults.length} />
          <span class="row">
            {canWrite && (
              <button type="button" class="link" onClick={() => void format(editor, draft)} title={words.formatKeys}>
                {words.format}
              </button>
            )}
            {flow && draft.isChanged && (
              <button type="button" class="link" onClick={draft.forget}>
                {words.discard}
              </button>
            )}
          </span>
        </div>
        <Findings label={words.faults} all={faults} goTo={goTo} />
        <Findings label={words.warnings} all={checked?.warnings ?? NONE} goTo={goTo} />
      </section>
      <Side
        name={name}
        text={draft.text}
        drawn={checked && { graph: checked.graph, text: checked.text }}
        cursor={cursor.value}
        canKeep={canWrite && flow !== null}
        goTo={goTo}
      />
    </div>
  );
}

interface FindingsProps {
  label: string;
  all: readonly Fault[];
  goTo(line: number, column: number): void;
}

function Findings({ label, all, goTo }: FindingsProps) {
  if (all.length === 0) return null;
  return (
    <ol class="flow-faults" aria-label={label}>
      {all.map(({ line, column, message }) => (
        <li key={`${line}:${column} ${message}`}>
          <button type="button" class="link" onClick={() => goTo(line, column)}>
            {fill(words.line, { line: number(line) })}
          </button>{' '}
          {message}
        </li>
      ))}
    </ol>
  );
}

function Verdict({ checked, text, count }: { checked: Checked | null; text: string; count: number }) {
  const isOld = checked === null || checked.text !== text;
  const verdict = count > 0 ? fill(words.wrong, { count: number(count) }) : words.right;
  return (
    <p role="status" class={count > 0 || checked?.trouble ? 'error' : 'help'}>
      {checked?.trouble ? say(checked.trouble) : isOld && count === 0 ? words.checking : verdict}
    </p>
  );
}
