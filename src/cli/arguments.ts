/** What is typed behind a command: each is read here, or refused with what it has to be. */
import { isAbsolute } from 'node:path';
import { CommanderError, InvalidArgumentError } from 'commander';
import { PARTS, type Part } from '../backup/manifest.ts';
import { isReceiverKey } from '../client/webhook.ts';
import { SCOPES, type Scope } from '../tenants/scopes.ts';
import { SHELLS, type Shell } from './completion.ts';
import { writeError } from './output.ts';

/** The command line was not understood; 1 and 78 say what a command that was understood ran into. */
export const USAGE = 2;

export function receiverKey(text: string, former: string[] = []): string[] {
  // By itself commander would repeat what was given, on a screen or in a log.
  if (!isReceiverKey(text.trim())) {
    writeError('error: what --secret is given is no secret: it begins with whsec_ (or whpk_), and base64 follows.\n');
    throw new CommanderError(USAGE, 'hookline.secret', 'no secret');
  }
  return [...former, text.trim()];
}

export function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.');
  return Number(text);
}

export function wholeSeconds(text: string): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1) throw new InvalidArgumentError('Give 1 to 999 seconds.');
  return Number(text);
}

export function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError('Give a URL that begins with http:// or https://.');
  return url;
}

export function name(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed.length > 100) throw new InvalidArgumentError('A name has 1 to 100 characters.');
  return trimmed;
}

/** As systemd takes it, in any place of a unit. */
export function unitPath(text: string): string {
  if (!isAbsolute(text) || /[\s"'\\]/.test(text)) throw new InvalidArgumentError('Give an absolute path without spaces or quotes.');
  return text.replace(/(?<=.)\/+$/, '');
}

export function userName(text: string): string {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(text)) throw new InvalidArgumentError('A user has a name such as "hookline".');
  return text;
}

/** Words with commas between, or the option several times. */
export function words(text: string, former: string[] = []): string[] {
  const given = text.split(',').map((word) => word.trim());
  if (given.includes('')) throw new InvalidArgumentError('Give words with commas between.');
  return [...former, ...given];
}

const oneOf =
  <T extends string>(known: readonly T[], what: string) =>
  (text: string, former: T[] = []): T[] => {
    const named = words(text);
    const unknown = named.find((word) => !(known as readonly string[]).includes(word));
    if (unknown !== undefined) throw new InvalidArgumentError(`There is no ${what} "${unknown}".`);
    return [...former, ...(named as T[])];
  };

export const parts = oneOf<Part>(PARTS, 'part');
export const scopes = oneOf<Scope>(SCOPES, 'scope');

/** With its zone, as the API wants it; a date alone, or a time of this machine, becomes one. */
export function instant(text: string): string {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = amount === undefined ? Date.parse(text) : Date.now() - Number(amount) * UNITS[unit as keyof typeof UNITS];
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Give a time such as 2026-11-30T08:00:00Z, or how long ago: 30m, 6h, 2d.');
  return new Date(ms).toISOString();
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

export function shell(text: string): Shell {
  const found = SHELLS.find((known) => known === text);
  if (!found) throw new InvalidArgumentError(`There are ${SHELLS.join(', ')}.`);
  return found;
}
