import { type FlowGraph, stepName } from './layout.ts';

/** The steps of one turn, in order: what each does, and what it is called where it has a name. */
export function Steps({ graph, flow, steps }: { graph: FlowGraph | null; flow: string; steps: readonly string[] }) {
  return (
    <ol class="flow-steps">
      {steps.map((position, at) => {
        const step = graph?.flow === flow ? graph.steps.find((one) => one.position === position) : undefined;
        return (
          <li key={at} title={position}>
            {step ? (
              <>
                {step.id !== null && <b>{step.id} </b>}
                {step.label}
              </>
            ) : (
              stepName(graph, flow, position)
            )}
          </li>
        );
      })}
    </ol>
  );
}
