/** What calls of the client share. It needs nothing but what Node and browsers have alike. */

/** A body that is no JSON. */
export type Bytes = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** A part of a list; `nextCursor` asks for the next one, and is null in the last. */
export interface Page<Item> {
  data: Item[];
  nextCursor: string | null;
}

export interface CallOptions {
  /** Ends the call, which rejects with the reason of the signal. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole answer, or, of one that is given as a `Response`, until it begins; then the call rejects with a `TimeoutError`. */
  deadlineMs?: number | undefined;
  /** Of the operator's key: the id of the tenant whose resources are meant. */
  tenant?: string | undefined;
  headers?: Record<string, string> | undefined;
}

/** Of an operation that is done once however often it is asked for with the same key. */
export interface IdempotentCallOptions extends CallOptions {
  idempotencyKey?: string | undefined;
}

/** Asks for another type than JSON, and for the `Response` as it is. */
export interface RawCallOptions<Type extends string = string> extends CallOptions {
  accept: Type;
}
