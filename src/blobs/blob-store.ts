import type { Readable } from 'node:stream';
import type { HubId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';

/** A file of a tenant, named by its content. */
export interface BlobName {
  tenantId: TenantId;
  /** Hexadecimal. */
  sha256: string;
}

/** Bytes from the first to the last one, counted from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Where the files of messages are: the same content of a tenant once, and whole or not at all. Which of them are needed is told by rows.
 * Several hubs of one cluster may use the same store. What it cannot do now rejects with `storage-unavailable` or `storage-full`, or as
 * node's file system does.
 */
export interface BlobStore {
  /** What people call it: a directory, or `s3://bucket/prefix`. */
  readonly place: string;
  /** A directory of this machine, in which a file is written before it is put. It may have to be made. */
  readonly drafts: string;
  /** Since when nothing can be had of it; null while it answers. */
  readonly awaySince: Milliseconds | null;
  /** Rejects with `invalid-configuration` or `storage-unavailable` where files cannot be kept there, with what to do about it. */
  check(): Promise<void>;
  /** Removes what hubs that were killed have left on this machine. `isShared`: others may be at work there. */
  tidy(isShared: boolean): Promise<void>;
  /** Takes the draft, a whole file; it is in its new place when this resolves, and outlasts a power cut there. */
  put(draft: string, name: BlobName, size: number): Promise<void>;
  /** Bytes, and how long ago it was put or renewed by the clock of the store; null when it is not there. */
  find(name: BlobName): Promise<{ size: number; age: Milliseconds } | null>;
  /** Makes its age 0, where it is there. */
  renew(name: BlobName): Promise<void>;
  /** The file is open when this resolves, and closed with the stream; null when it is not there. */
  read(name: BlobName, range?: ByteRange): Promise<Readable | null>;
  /** The path of a file on this machine that has the same bytes, for some minutes at the least; null when it is not there. */
  local(name: BlobName): Promise<string | null>;
  remove(name: BlobName): Promise<void>;
  removeAll(tenantId: TenantId): Promise<void>;
  /** Those that have files there, whether they still are or not. */
  tenants(): AsyncIterable<TenantId>;
  /** The `sha256` of every file of a tenant. */
  list(tenantId: TenantId): AsyncIterable<string>;
  /** Which hub it is of; undefined where none has been named. */
  hub(): Promise<HubId | undefined>;
  /** Null: of none any more. */
  nameHub(id: HubId | null): Promise<void>;
}

export const TENANT = /^tnt_[0-9a-z]+$/;
export const SHA256 = /^[0-9a-f]{64}$/;

/** The same in every store, so that files can be moved from one to another by any tool. */
export const pathOf = ({ tenantId, sha256 }: BlobName): string => `${tenantId}/${sha256.slice(0, 2)}/${sha256}`;
