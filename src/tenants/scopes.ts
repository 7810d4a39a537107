/** What a key may do in its tenant. A `write` or `send` does not include the `read` beside it: a right is said, never implied. */
export const TENANT_SCOPES = [
  'sessions:read',
  'sessions:write',
  'messages:read',
  'messages:send',
  'webhooks:read',
  'webhooks:write',
  'flows:read',
  'flows:write',
  'events:read',
  'audit:read',
  'keys:read',
] as const;

/** What is of the whole hub, and only a key has that was made for it: by itself no key does. */
const HUB_SCOPES = ['metrics:read'] as const;

export const SCOPES = [...TENANT_SCOPES, ...HUB_SCOPES] as const;
export type Scope = (typeof SCOPES)[number];

export const isOfHub = (right: string): boolean => HUB_SCOPES.some((scope) => scope === right);
