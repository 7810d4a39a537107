import type { Milliseconds } from './runtime.ts';

/** A time as the API writes it: ISO 8601, in UTC. */
export function iso(time: Milliseconds): string;
export function iso(time: Milliseconds | null): string | null;
export function iso(time: Milliseconds | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
