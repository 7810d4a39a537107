import { z } from 'zod';
import { HooklineError } from '../core/errors.ts';
import type { SentFile } from '../core/message.ts';

/** Clients of other products send more members than are of use, and numbers and truth values as texts. */
export const Flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' || value === '' ? false : value), z.boolean());
export const Whole = z.preprocess((value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value), z.number());

/** The part of a form that is a file. */
export type FilePart = z.ZodType<SentFile>;
/** What it is its bytes say. `name`: in the place of the one that it came with. */
export const fileAlong = ({ kept, filename }: SentFile, name?: string | null): Raw => ({
  file: filled({ kept, filename: name || filename }),
});

/** A send as the hub takes it, yet to be checked by the rules of the hub. */
export type Raw = Record<string, unknown>;

/** Without what is empty. */
export const filled = (values: Raw): Raw =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ''));

/** A URL, or base64 with or without `data:…;base64,` before it. */
export function sourceOf(media: string, more: Raw = {}): Raw {
  const data = /^data:([^;,]*)[^,]*;base64,/s.exec(media);
  if (/^https?:\/\//i.test(media)) return filled({ url: media, ...more });
  return filled({ base64: data ? media.slice(data[0].length) : media, ...(data?.[1] && { mimetype: data[1] }), ...more });
}

/** What the hub does not do is refused in words: no answer says that something was done that was not. `known`: by member, what to do instead. */
export function needNothingElse(asked: Raw, known: Record<string, string>): void {
  const isAsked = (name: string): boolean => ![undefined, null, false, ''].includes(asked[name] as never);
  const errors = Object.keys(known)
    .filter(isAsked)
    .map((path) => ({ path, message: known[path] ?? '' }));
  if (errors.length > 0) throw new HooklineError('invalid-body', 'The hub does not do this.', { errors });
}

/** The sections of a list, as Evolution API, WAHA and wppconnect-server have them. */
export const Sections = z.array(
  z.object({
    title: z.string().nullish(),
    rows: z.array(z.object({ title: z.string(), description: z.string().nullish(), rowId: z.string() })),
  }),
);
export const sectionsOf = (sections: z.output<typeof Sections>): Raw[] =>
  sections.map(({ title, rows }) => ({
    title: title ?? '',
    rows: rows.map((row) => filled({ id: row.rowId, title: row.title, description: row.description })),
  }));
