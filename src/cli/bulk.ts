import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import Papa from 'papaparse';
import type { BulkSend } from '../client/index.ts';
import { type Fault, HooklineError } from '../core/errors.ts';
import { type HubOptions, tenantsHub } from './hub-client.ts';
import { answer, writeError } from './output.ts';
import { showProgress } from './progress.ts';

export interface BulkOptions extends HubOptions {
  /** For entries that name none. */
  session?: string;
  idempotencyKey?: string;
  dryRun?: boolean;
}

/** What one request may hold (POST /api/messages/bulk), with room for what is around it. */
const MOST = { entries: 1_000, characters: 4_000_000 };

interface Entry {
  line: number;
  send: Record<string, unknown>;
}

/**
 * Sends each message of a file, in its order: JSON, one object a line or a list, or CSV with the names of its columns first. The same file within a day is the same messages, so that
 * a command that was cut off is simply given again. Resolves with the exit code.
 */
export async function sendMany(file: string, options: BulkOptions): Promise<number> {
  const source = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const entries = entriesIn(file, source, options.session);
  const parts = partsOf(entries);
  if (options.dryRun) {
    answer(
      { messages: entries.length, requests: parts.length },
      `${entries.length} messages, in ${parts.length} requests. Nothing was sent.\n`,
    );
    return 0;
  }
  const { hub, as } = tenantsHub(options);
  const key = options.idempotencyKey ?? `bulk-${createHash('sha256').update(source).digest('hex').slice(0, 32)}`;
  const counts = { accepted: 0, before: 0, refused: 0 };
  const refusals: (Fault & { line: number })[] = [];
  {
    using progress = showProgress();
    let done = 0;
    for (const [index, part] of parts.entries()) {
      progress.to('sent to the hub', done, entries.length);
      // As they were written: the hub says what is wrong with each.
      const messages = part.map(({ send }) => send as unknown as BulkSend);
      const { data } = await hub.sendMessages({ messages }, { ...as, idempotencyKey: `${key}-${index}` });
      for (const result of data) {
        if ('error' in result) {
          const { detail, errors } = result.error;
          const line = part[result.index]?.line ?? 0;
          const message = [detail, ...(errors ?? []).map((fault) => `${fault.path} ${fault.message}`)].join(' ');
          refusals.push({ line, path: `${file}:${line}`, message });
          counts.refused++;
        } else if (result.replayed) counts.before++;
        else counts.accepted++;
      }
      done += part.length;
    }
  }
  for (const { path, message } of refusals) writeError(`${path} ${message}\n`);
  const before = counts.before > 0 ? `, ${counts.before} had been before` : '';
  answer({ ...counts, refusals }, `${counts.accepted} accepted${before}, ${counts.refused} refused\n`);
  return counts.refused > 0 ? 1 : 0;
}

/** Nothing is sent of a file in which one line cannot be read. */
function entriesIn(file: string, source: string, session: string | undefined): Entry[] {
  const faults: Fault[] = [];
  const take = (value: unknown, line: number): Entry[] => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return [{ line, send: { ...(session && { session }), ...value } }];
    faults.push({
      path: `${file}:${line}`,
      message: 'is no object such as {"session": "shop", "to": "+55…", "type": "text", "text": "…"}',
    });
    return [];
  };
  const read = (json: string, line: number): unknown => {
    try {
      return JSON.parse(json);
    } catch (error) {
      faults.push({ path: `${file}:${line}`, message: `is no JSON: ${(error as Error).message}` });
      return undefined;
    }
  };
  let entries: Entry[];
  if (file.endsWith('.csv')) {
    const { data, errors } = Papa.parse<Record<string, string>>(source, { header: true, skipEmptyLines: 'greedy' });
    faults.push(...errors.map(({ row = 0, message }) => ({ path: `${file}:${row + 2}`, message })));
    const said = (row: Record<string, string>) => Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== ''));
    entries = data.flatMap((row, index) => take({ type: 'text', ...said(row) }, index + 2));
  } else if (source.trimStart().startsWith('[')) {
    const list = read(source, 1);
    entries = Array.isArray(list) ? list.flatMap((value, index) => take(value, index + 1)) : [];
  } else {
    const lines = source.split('\n').map((json, index) => ({ json, line: index + 1 }));
    entries = lines
      .filter(({ json }) => json.trim() !== '')
      .flatMap(({ json, line }) => {
        const value = read(json, line);
        return value === undefined ? [] : take(value, line);
      });
  }
  if (faults.length > 0)
    throw new HooklineError(
      'bad-request',
      'Nothing was sent: give one JSON object a line, one list, or a CSV file with the names of its columns first.',
      { errors: faults },
    );
  if (entries.length === 0) throw new HooklineError('bad-request', `There is no message in ${file}.`);
  return entries;
}

function partsOf(entries: readonly Entry[]): Entry[][] {
  const parts: Entry[][] = [];
  let room = { entries: 0, characters: 0 };
  for (const entry of entries) {
    const size = JSON.stringify(entry.send).length;
    if (room.entries < 1 || room.characters < size) {
      parts.push([]);
      room = { ...MOST };
    }
    parts.at(-1)?.push(entry);
    room = { entries: room.entries - 1, characters: room.characters - size };
  }
  return parts;
}
