import { useEffect, useRef } from 'preact/hooks';
import { fill } from '../../words/words.ts';
import { type FlowGraph, type Gone, type GraphStep, isTaken, layOut, partAt } from './layout.ts';
import { words } from './words.ts';

interface Props {
  graph: FlowGraph;
  /** The step that the cursor is in. */
  current?: GraphStep | undefined;
  /** What was gone through, where that is told. */
  gone?: Gone | null | undefined;
  /** Where a click on a step leads. */
  choose?(step: GraphStep): void;
}

/** The steps of a flow, each with where it leads: a list, with arrows behind it. */
export function Graph({ graph, current, gone, choose }: Props) {
  const scroller = useRef<HTMLElement>(null);
  const { width, height, start, steps, titles, anytime, edges } = layOut(graph);
  // Those that were taken stand before the others.
  const inOrder = edges
    .map((edge) => ({ ...edge, taken: gone ? isTaken(gone, graph, edge.key) : false }))
    .toSorted((a, b) => Number(a.taken) - Number(b.taken));
  const position = current?.position;
  useEffect(() => {
    const { current: frame } = scroller;
    const box = steps.find(({ step }) => step.position === position);
    if (!frame || !box) return;
    // Within the frame alone: the page stays where it is.
    if (box.top < frame.scrollTop) frame.scrollTop = box.top - 16;
    else if (box.top + box.height > frame.scrollTop + frame.clientHeight) frame.scrollTop = box.top + box.height - frame.clientHeight + 16;
  }, [position]);

  const nameOf = (to: string | null): string => {
    if (to === null) return words.theEnd;
    const step = graph.steps.find((one) => one.position === to);
    return partAt(to) ?? step?.id ?? step?.label ?? to;
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section ref={scroller} class="flow-graph" tabIndex={0} aria-label={fill(words.graphOf, { name: graph.flow })}>
      <div class="flow-drawing" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {inOrder.map(({ key, line, tip, taken }, at) => (
            <g key={`${at} ${key}`} class={taken ? 'flow-edge gone' : 'flow-edge'}>
              <path class="flow-edge-line" d={line} />
              <path class="flow-edge-tip" d={tip} />
            </g>
          ))}
        </svg>
        <p class="flow-start" style={placed(start)} title={graph.start.join(', ')}>
          {graph.start.join(' / ') || words.noStart}
        </p>
        {titles.map(({ name, top }) => (
          <p key={name} class="flow-part" style={{ top: `${top}px` }}>
            {name}
          </p>
        ))}
        <ol>
          {steps.map(({ step, ways, ...box }) => (
            <li
              key={step.position}
              class={`flow-step flow-step-${step.shape} ${stateOf(step, gone)}`}
              style={placed(box)}
              aria-current={step.position === position ? 'step' : undefined}
            >
              <Head step={step} gone={gone} choose={choose} />
              {ways.length > 0 && (
                <ul>
                  {ways.map(({ to, why }) => (
                    <li key={`${why} ${to}`} title={`${why} → ${nameOf(to)}`}>{`${why || words.next} → ${nameOf(to)}`}</li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ol>
        {anytime.length > 0 && (
          <ul aria-label={words.atAnyTime}>
            {anytime.map(({ says, to, ...box }) => (
              <li key={`${says} ${to}`} class="flow-step flow-step-anytime" style={placed(box)} title={`${says} → ${nameOf(to)}`}>
                <span>{`${words.atAnyTime}: ${says}`}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

const placed = ({ top, left, width, height }: { top: number; left: number; width: number; height: number }) => ({
  ...{ top: `${top}px`, left: `${left}px`, width: `${width}px`, height: `${height}px` },
});

function stateOf({ position }: GraphStep, gone: Gone | null | undefined): string {
  if (!gone) return '';
  return gone.at === position ? 'here' : gone.steps.has(position) ? 'gone' : 'missed';
}

function Head({ step, gone, choose }: { step: GraphStep } & Pick<Props, 'gone' | 'choose'>) {
  const state = stateOf(step, gone);
  const [, verb = '', text = ''] = /^(\w+):? ?(.*)$/s.exec(step.label) ?? [];
  const inside = (
    <>
      <b>{verb || step.label}</b> {text}
      {(state === 'gone' || state === 'here') && <span class="unseen">{` (${state === 'here' ? words.isHere : words.wasGone})`}</span>}
    </>
  );
  if (!choose) return <span title={step.label}>{inside}</span>;
  return (
    <button type="button" title={step.label} onClick={() => choose(step)}>
      {inside}
    </button>
  );
}
