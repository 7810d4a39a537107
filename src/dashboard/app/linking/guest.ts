import { ask } from '../ask.ts';
import { follow } from './follow.ts';
import type { LinkSource, LinkState } from './source.ts';

export interface Opened {
  state: LinkState;
  redirectUrl: string | null;
  frameAncestors: string[];
}

const base = location.pathname.replace(/\/$/, '');

/** Opens the link in this browser. */
export const open = (): Promise<Opened> => ask('POST', `${base}/open`);

/** By the link alone. */
export const guest: LinkSource = {
  watch: (watcher) => {
    const told = (event: MessageEvent<string>): LinkState => JSON.parse(event.data);
    return follow({ url: `${base}/state`, events: ['state'], told, read: () => ask('GET', `${base}/state`) }, watcher);
  },
  pair: (phone) => ask('POST', `${base}/pairing-code`, { body: { phone } }),
  passkeyToken: () => ask('POST', `${base}/passkey/tokens`),
  declinePasskey: () => ask('POST', `${base}/passkey`, { body: { credential: null } }),
  confirmPasskey: (matches) => ask('POST', `${base}/passkey/confirm`, { body: { matches } }),
  startAnew: () => ask('POST', `${base}/restart`),
};
