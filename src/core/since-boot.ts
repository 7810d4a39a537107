import { uptime } from 'node:os';
import type { Milliseconds } from './runtime.ts';

/**
 * Milliseconds since this machine was started, also those in which it was suspended or this process stood still; the same in all processes of
 * the machine, to some 10 ms.
 */
export const sinceBoot = (): Milliseconds => uptime() * 1_000;
