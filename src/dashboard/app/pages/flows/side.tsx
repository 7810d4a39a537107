import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type FlowTests, isProblem, type Simulation } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { Choice } from '../../parts/choice.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { query, setQuery } from '../../shell/place.ts';
import { runOf } from './conversation.ts';
import { Graph } from './graph.tsx';
import { type FlowGraph, goneOf, stepAt, stepName } from './layout.ts';
import { Talking } from './talking.tsx';
import { type Chat, testsWritten, withChat, writeTests } from './test-drafts.ts';
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
  /** Whether tests can be kept with the flow. */
  canKeep: boolean;
  goTo(line: number, column: number): void;
}

/** Behind the tests that there are. Where somebody is writing those, or they cannot be kept here, it is for that person to save them. */
async function keepAsTest(name: string, chat: Chat, canKeep: boolean): Promise<void> {
  try {
    const kept = await hub.getFlowTests(name).catch(notThere);
    const written = testsWritten(name);
    const text = withChat(written?.text ?? kept.source, chat);
    if (canKeep && written === null && kept.path === null) {
      await hub.putFlowTests(name, text);
      notify(words.keptAsTest);
    } else {
      writeTests(name, { text, revision: written?.revision ?? kept.revision });
      notify(words.keptUnsaved);
    }
  } catch (error) {
    notifyTrouble(error);
  }
}

/** A flow that is not published has none. */
function notThere(error: unknown): Pick<FlowTests, 'path' | 'source' | 'revision'> {
  if (isProblem(error, 'not-found')) return { path: null, source: null, revision: null };
  throw error;
}

/** Beside the text: a chat with it, or its graph, coloured by that chat. */
export function Side({ name, text, drawn, cursor, canKeep, goTo }: Props) {
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
          nameOf={(flow, step) => stepName(shown?.graph ?? null, flow, step)}
          keep={(chat) => void keepAsTest(name, { name, ...chat }, canKeep)}
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
