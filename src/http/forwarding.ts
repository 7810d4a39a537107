import type { SessionId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';

/** What a node has to know to pass requests on; see forward.ts. By itself, because it is in the types of the package, which know nothing of Koa. */
export interface Forwarding {
  /** By which nodes know each other. */
  key: Buffer;
  /** Where the node is that runs this session; null where this one does, or none. */
  ownerUrl(sessionId: SessionId): Promise<string | null>;
  /** Where a node is that runs sessions; null where this one does. `best`: the one with the most room, be this one another. */
  roomUrl(wanted: { best: boolean }): string | null;
  /** Where the node is that reads the flow folder; null where this one does, or none. */
  folderUrl(): string | null;
  /** Where the node is that delivers to an endpoint; null where this one does, or none. */
  endpointUrl(id: string): string | null;
  now(): Milliseconds;
}
