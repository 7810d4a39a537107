import { entriesOf } from '../client/index.ts';
import { type HubAddress, hubClient } from './hub-client.ts';
import { answer, answerRows } from './output.ts';

export async function listNodes(address: HubAddress): Promise<void> {
  const { hub } = hubClient(address);
  const nodes = [];
  for await (const { sessions, memoryBytes, ...node } of entriesOf((cursor) => hub.listNodes({ limit: 200, cursor }))) {
    nodes.push({ ...node, sessions: sessions.count, memoryMb: Math.round(memoryBytes / 1e6) });
  }
  answerRows(nodes, ['id', 'url', 'version', 'role', 'seenAt', 'draining', 'sessions', 'memoryMb']);
}

export async function drainNode(id: string, address: HubAddress): Promise<void> {
  const { hub } = hubClient(address);
  await hub.drainNode(id);
  answer({ id, draining: true }, 'It hands over what it does for the others. "hookline node list" says what is left.\n');
}
