/**
 * What a session may become. The supervisor is the only caller; nothing here waits, writes or remembers.
 *
 *   stopped ─launch→ starting ─code→ qr ─scanned→ connecting ─opened→ connected
 *                        └──────────── a login is stored ─────────────↑
 *   qr, pairing, connecting ─passkey→ passkey ─scanned→ connecting   (where WhatsApp asks for the passkey of the account)
 *   while the engine runs:  ─lost→ disconnected (tried again)   ─gaveUp→ failed (a person is needed)
 *   always:  ─launch→ starting   ─unlinked→ loggedOut   ─stop→ stopped
 */
export const SESSION_STATUSES = [
  'stopped',
  'starting',
  'qr',
  'pairing',
  'passkey',
  'connecting',
  'connected',
  'disconnected',
  'failed',
  'loggedOut',
] as const;
export type SessionStatus = (typeof SESSION_STATUSES)[number];

export const LIFECYCLE_EVENTS = [
  'launch',
  'code',
  'pairingCode',
  'passkey',
  'scanned',
  'opened',
  'lost',
  'gaveUp',
  'unlinked',
  'stop',
] as const;
export type LifecycleEvent = (typeof LIFECYCLE_EVENTS)[number];

const LINKING = ['starting', 'qr', 'pairing', 'passkey', 'connecting'] as const satisfies SessionStatus[];

const TABLE: Record<LifecycleEvent, { from: readonly SessionStatus[]; to: SessionStatus }> = {
  launch: { from: SESSION_STATUSES, to: 'starting' },
  code: { from: LINKING, to: 'qr' },
  pairingCode: { from: LINKING, to: 'pairing' },
  passkey: { from: LINKING, to: 'passkey' },
  scanned: { from: LINKING, to: 'connecting' },
  opened: { from: LINKING, to: 'connected' },
  lost: { from: [...LINKING, 'connected'], to: 'disconnected' },
  gaveUp: { from: [...LINKING, 'connected', 'disconnected'], to: 'failed' },
  unlinked: { from: SESSION_STATUSES, to: 'loggedOut' },
  stop: { from: SESSION_STATUSES, to: 'stopped' },
};

/** The status after `event`; the same one means that nothing changes, `illegal` that an engine said what cannot be. */
export function next(status: SessionStatus, event: LifecycleEvent): SessionStatus | 'illegal' {
  const { from, to } = TABLE[event];
  return from.includes(status) ? to : 'illegal';
}

/** At rest: nothing runs and nothing will run until somebody asks for it. */
export function isAtRest(status: SessionStatus): boolean {
  return status === 'stopped' || status === 'failed' || status === 'loggedOut';
}
