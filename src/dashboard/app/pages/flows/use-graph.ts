import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { may } from '../../shell/who.ts';
import type { FlowGraph } from './layout.ts';

/** What a revision of a flow looks like: names and texts of its steps. Null until it is known, and where it can no longer be read. */
export function useGraph(flow: string, revision: number): FlowGraph | null {
  const { value } = useOne(may('flows:read') ? `${flow} ${revision}` : null, async () => {
    const { source } = await hub.getFlowRevision(flow, String(revision));
    return (await hub.checkFlow(source)).graph;
  });
  return value;
}
