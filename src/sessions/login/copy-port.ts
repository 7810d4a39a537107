import type { Milliseconds } from '../../core/runtime.ts';
import type { Session } from '../store.ts';

/** Whose login it is. */
export type Login = Pick<Session, 'id' | 'tenantId' | 'engine' | 'profile'>;

export interface LoginCopy {
  /** When it was made; later than the one before, whatever the clock says. */
  at: Milliseconds;
  /** The owner of the session that made it: those of a later owner have a higher one. */
  generation: number;
  /** It is none: from then on there was no login any more. */
  isVoid: boolean;
}

export interface NewCopy {
  at: Milliseconds;
  generation: number;
  /** Names the key that it is sealed with. */
  keyId: string;
  /** How many stay with it, the newest ones. */
  keep: number;
}

/** Where copies of logins lie. Of one login one thing is asked at a time. */
export interface CopyStore {
  /** They outlast this machine, so that others put them back. */
  readonly travels: boolean;
  /** Newest first. */
  list(login: Login): Promise<LoginCopy[]>;
  /** Rejects where it is not there any more, or not whole. */
  read(login: Login, copy: LoginCopy): AsyncIterable<Uint8Array>;
  /** Whole and on disk when it resolves, or not there at all. Rejects with `owner-unreachable` where the session is another's by now. */
  add(login: Login, copy: NewCopy, bytes: AsyncIterable<Buffer>): Promise<void>;
  /** None of them opens from here on, and what an owner before this one has left on its machine is no login any more. */
  forget(login: Login, now: Pick<NewCopy, 'at' | 'generation' | 'keyId'>): Promise<void>;
}
