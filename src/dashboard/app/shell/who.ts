import { signal } from '@preact/signals';
import { acting, ask } from '../ask.ts';

/** Whose key was shown: a tenant's, with what it may do, or the operator's, which may do all for every tenant. */
export type SignedIn = { kind: 'key'; id: string; tenantId: string; name: string; scopes: string[] } | { kind: 'operator' };

/** Undefined until the hub has told; null: nobody. */
export const who = signal<SignedIn | null | undefined>(undefined);

/** Whether the key may do this; what it may not do is not shown. "operator" is what the operator alone may do. */
export function may(scope: string): boolean {
  if (!who.value) return false;
  if (who.value.kind === 'key') return who.value.scopes.includes(scope);
  return scope === 'operator' || acting.value !== null;
}

/** The pages of the operator alone; where somebody is for no tenant. */
export const TENANTS = '/dashboard/tenants';

/** Where the operator is for one tenant, it is that one's things that are asked for. */
const ACTING = 'hookline.tenant';

/** Null: for none. */
export function actFor(tenantId: string | null): void {
  acting.value = tenantId;
  if (tenantId === null) sessionStorage.removeItem(ACTING);
  else sessionStorage.setItem(ACTING, tenantId);
}

export function enter(signedIn: SignedIn): void {
  acting.value = signedIn.kind === 'operator' ? sessionStorage.getItem(ACTING) : null;
  who.value = signedIn;
}

export async function findWho(): Promise<void> {
  await ask<SignedIn>('GET', '/dashboard/sign-in').then(enter, () => {
    who.value = null;
  });
}

export async function signOut(): Promise<void> {
  await ask('DELETE', '/dashboard/sign-in').catch(() => undefined);
  actFor(null);
  who.value = null;
}
