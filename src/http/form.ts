import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import busboy from 'busboy';
import type { z } from 'zod';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { KeptFile } from '../core/message.ts';
import type { Upload } from '../messages/media/library.ts';
import { notUtf8 } from './body.ts';
import { refuse } from './validate.ts';

/** How a route reads a file with the fields around it. `schema` sees the fields by name, and the file as `file`. */
export interface Form<Schema extends z.ZodType = z.ZodType> {
  schema: Schema;
  /** Fields whose value is written in JSON: numbers, true and false, lists. */
  json?: readonly string[];
  /** Those of them that may come more than once, each time with one more entry. */
  lists?: readonly string[];
  /** A field that may stand for all the others, as one JSON object. */
  whole?: string;
}

type Keep = (file: Omit<Upload, 'filename'>) => Promise<KeptFile>;

/** What a form may have around its file. */
const MOST_FIELDS = 50;
const LONGEST_FIELD = 1_024 * 1_024;
const LONGEST_NAME = 100;
/** So much of a body may be anything else than its file. */
const AROUND = 64 * 1_024;

/**
 * Reads `multipart/form-data` as it comes; the file goes to `keep`, and is let go by `drop` when the rest turns out to be
 * wrong. Rejects with `bad-request`, `invalid-body`, `payload-too-large`, and as `keep` and `chunks` do.
 */
export async function readForm(
  { headers }: Pick<IncomingMessage, 'headers'>,
  chunks: AsyncIterable<Uint8Array>,
  form: Form,
  { keep, drop }: { keep: Keep; drop(kept: KeptFile): Promise<void> },
): Promise<Record<string, unknown>> {
  const parser = parserOf(headers);
  const fields = new Map<string, string[]>();
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  let file: { kept: Promise<KeptFile>; filename: string | undefined } | undefined;
  const stop = (error: unknown): void => {
    refused.reject(error);
    parser.destroy(error as Error);
  };
  const guarded =
    <Args extends unknown[]>(take: (...args: Args) => void) =>
    (...args: Args): void => {
      try {
        take(...args);
      } catch (error) {
        stop(error);
      }
    };
  parser.on(
    'file',
    guarded((name, stream, { filename, mimeType }) => {
      // What breaks the form off breaks this off as well; it is told once, by the form.
      stream.on('error', () => undefined);
      if (name !== 'file') refuse(name || 'body', 'is a file, and the only one that this route takes is "file"');
      if (file) refuse('file', 'came twice; send one file with each request');
      const announced = Math.max(0, Number(headers['content-length'] ?? 0) - AROUND);
      const kept = keep({ chunks: stream, mimetype: mimeType, announced });
      kept.catch(stop);
      file = { kept, filename };
    }),
  );
  parser.on(
    'field',
    guarded((name, value, { nameTruncated, valueTruncated }) => {
      if (name === 'file') refuse('file', 'is text here; give its part a filename, as "curl -F file=@photo.jpg" does');
      if (nameTruncated) refuse('body', `has a field whose name is longer than ${LONGEST_NAME} characters`);
      if (valueTruncated) throw new HooklineError('payload-too-large', `The field "${name}" is larger than ${LONGEST_FIELD} bytes.`);
      // The library has put it where bytes were no character.
      if (value.includes('\u{fffd}')) throw notUtf8(`The field "${name}"`);
      fields.set(name, [...(fields.get(name) ?? []), value]);
    }),
  );
  parser.on('fieldsLimit', () => stop(new HooklineError('payload-too-large', `The form has more than ${MOST_FIELDS} fields.`)));
  try {
    await Promise.race([pipeline(chunks, parser), refused.promise]).catch((error) => {
      throw error instanceof HooklineError ? error : broken(error);
    });
    const members = membersOf(fields, form);
    return file ? { ...members, file: { kept: await file.kept, ...(file.filename && { filename: file.filename }) } } : members;
  } catch (error) {
    await file?.kept.then(drop, () => undefined);
    throw error;
  }
}

function parserOf(headers: IncomingMessage['headers']): busboy.Busboy {
  try {
    return busboy({
      headers,
      // What browsers and curl send; the default of the library is Latin-1.
      defParamCharset: 'utf8',
      limits: { fields: MOST_FIELDS, fieldSize: LONGEST_FIELD, fieldNameSize: LONGEST_NAME },
    });
  } catch (error) {
    throw broken(error);
  }
}

function broken(error: unknown): HooklineError {
  return new HooklineError(
    'bad-request',
    `The body cannot be read as multipart/form-data: ${messageOf(error).replace(/^Multipart: /, '')}.`,
    {
      cause: error,
    },
  );
}

/** The fields as the members of one object. */
function membersOf(fields: ReadonlyMap<string, string[]>, { json = [], lists = [], whole }: Form): Record<string, unknown> {
  const [all, ...more] = whole === undefined ? [] : (fields.get(whole) ?? []);
  if (whole !== undefined && all !== undefined) {
    const other = [...fields.keys()].find((name) => name !== whole);
    if (more.length > 0) refuse(whole, 'came twice');
    if (other !== undefined) refuse(other, `stands beside "${whole}"; put it inside`);
    const members = fromJson(all);
    if (typeof members !== 'object' || members === null || Array.isArray(members)) refuse(whole, 'is not a JSON object');
    return members as Record<string, unknown>;
  }
  const members = [...fields].map(([name, values]): [string, unknown] => {
    if (lists.includes(name)) return [name, values.flatMap(entriesOf)];
    if (values.length > 1) refuse(name, 'came twice');
    const [value = ''] = values;
    return [name, json.includes(name) ? fromJson(value) : value];
  });
  return Object.fromEntries(members);
}

/** What is not JSON stays as it is, for the schema to say what belongs there. */
function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function entriesOf(text: string): unknown[] {
  const value = fromJson(text);
  return Array.isArray(value) ? value : [text];
}
