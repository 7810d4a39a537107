import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { isProblem, type Simulation } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Choice } from '../../parts/choice.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { runOf } from './conversation.ts';
import { Graph } from './graph.tsx';
import { type FlowGraph, goneOf, stepAt } from './layout.ts';
import { Talking } from './talking.tsx';
import { testsWritten, withChat, writeTests } from './test-drafts.ts';
import { words } from './words.ts';

/** Counted from 1. */
export interface Cursor {
  line: number;
  column: number;
}

interface Drawn {
  graph: FlowGraph;
  /** The text that it is of. */
  text: string;
}

interface Props {
  name: string;
  /** As it is written now. */
  text: string;
  /** What the hub made of it last; `graph` is null where it could read nothing. */
  drawn: { graph: FlowGraph | null; text: string } | null;
  cursor: Cursor | null;
  goTo(line: number, column: number): void;
}

/** Behind the tests that there are, in this browser or in the file beside the flow's. */
async function keepAsTest(name: string, chat: Parameters<typeof withChat>[1]): Promise<void> {
  try {
    const tests = testsWritten(name) ?? (await hub.getFlowTests(name).then(({ source }) => source, notThere));
    writeTests(name, withChat(tests, chat));
    notify(words.keptAsTest);
  } catch (error) {
    notifyTrouble(error);
  }
}

/** A flow that is not published has none. */
function notThere(error: unknown): null {
  if (isProblem(error, 'not-found')) return null;
  throw error;
}

/** Beside the text: a chat with it, or its graph, coloured by that chat. */
export function Side({ name, text, drawn, cursor, goTo }: Props) {
  const said = useSignal<Simulation | null>(null);
  const isGraph = query.value.get('beside') === 'graph';
  // What cannot be read for a while is shown as it was.
  const last = useRef<Drawn | null>(null);
  if (drawn?.graph) last.current = { graph: drawn.graph, text: drawn.text };
  const shown = last.current;
  const run = said.value && runOf(said.value);
  return (
    <section class="pane flow-side">
      <Choice
        label={words.beside}
        options={[
          ['chat', words.talk],
          ['graph', words.graph],
        ]}
        chosen={isGraph ? 'graph' : 'chat'}
        choose={(beside) => setQuery({ beside: beside === 'graph' ? beside : null })}
      />
      <div class="stack-tight" hidden={isGraph}>
        <Talking
          name={name}
          source={text}
          said={said}
          keep={(moves, simulation) => void keepAsTest(name, { name, moves, said: simulation })}
        />
      </div>
      {isGraph &&
        (shown ? (
          <Graph
            graph={shown.graph}
            current={cursor ? stepAt(shown.graph, shown.text, cursor) : undefined}
            gone={said.value && goneOf(shown.graph.flow, said.value.trail, run?.flow === shown.graph.flow ? run.at : null)}
            choose={({ line, column }) => goTo(line, column)}
          />
        ) : (
          <p class="help">{words.noGraph}</p>
        ))}
    </section>
  );
}
