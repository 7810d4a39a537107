import type { Milliseconds } from '../core/runtime.ts';

/** What a node has to know to pass requests on; see forward.ts. By itself, because it is in the types of the package, which know nothing of Koa. */
export interface Forwarding {
  /** By which nodes know each other. */
  key: Buffer;
  /** Where the node is that runs the sessions; null where this one does, or none. */
  ownerUrl(): string | null;
  /** Where the node is that delivers to an endpoint; null where this one does, or none. */
  endpointUrl(id: string): string | null;
  now(): Milliseconds;
}
