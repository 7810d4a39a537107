import type { Nodes } from '../../cluster/nodes.ts';
import type { ApiRequest } from '../route.ts';
import type { PageQuery } from '../shapes/common.ts';

export function nodeHandlers(nodes: Nodes) {
  return {
    list: ({ query: { limit, cursor } }: ApiRequest<PageQuery>) => nodes.list({ limit, ...(cursor !== undefined && { cursor }) }),
    drain: async ({ params: { id = '' } }: ApiRequest) => nodes.drain(id),
  };
}
