/** What a tenant's key may do. A `write` or `send` does not include the `read` beside it: a right is said, never implied. */
export const SCOPES = [
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
] as const;
export type Scope = (typeof SCOPES)[number];
