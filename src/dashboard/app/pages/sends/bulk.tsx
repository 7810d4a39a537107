import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Select, TextArea } from '../../parts/field.tsx';
import { number } from '../../parts/number.ts';
import { Progress } from '../../parts/progress.tsx';
import { say } from '../../parts/say.ts';
import { Page } from '../../shell/frame.tsx';
import { fill } from '../../words/words.ts';
import { type CsvFile, readCsv } from './csv.ts';
import { Handing } from './handing.tsx';
import { type Checked, checkRows, type Entry, type Fault } from './rows.ts';
import { SENDS } from './send.ts';
import { words } from './words.ts';

const MOST = 10_000;
/** Rows of the preview. */
const SHOWN = 10;

/** Many sends from a CSV file: looked at before, asked for in pieces, and followed. */
export function BulkSend() {
  const sessions = useList('sessions', (cursor) => hub.listSessions({ limit: 200, cursor }));
  const session = useSignal('');
  const text = useSignal('');
  const file = useSignal<CsvFile | null>(null);
  const error = useSignal<string | null>(null);
  const nobody = useSignal<ReadonlySet<string>>(new Set());
  const isConfirming = useSignal(false);
  const handed = useSignal<Entry[] | null>(null);
  const chosen = session.value;
  const first = sessions.items?.[0]?.name ?? '';
  useEffect(() => {
    session.value ||= first;
  }, [first]);

  const checked = useMemo(() => {
    const rows = file.value ? checkRows(file.value.rows, { session: chosen, text: text.value }) : [];
    return rows.map((row): Checked => (row.entry && nobody.value.has(row.to) ? { ...row, entry: null, fault: { code: 'nobody' } } : row));
  }, [file.value, chosen, text.value, nobody.value]);
  const entries = checked.flatMap(({ entry }) => (entry ? [entry] : []));

  async function choose(chosenFile: File | undefined): Promise<void> {
    file.value = null;
    error.value = null;
    nobody.value = new Set();
    if (!chosenFile) return;
    await readCsv(chosenFile).then(
      (read) => {
        if (!read.columns.includes('to')) error.value = fill(words.noTo, { columns: read.columns.join(', ') });
        else if (read.rows.length === 0) error.value = words.noRows;
        else if (read.rows.length > MOST) error.value = fill(words.tooMany, { count: number(read.rows.length) });
        else file.value = read;
      },
      (fault) => {
        error.value = fill(words.notRead, { why: String(fault.message ?? fault) });
      },
    );
  }

  const up = { href: SENDS, name: words.title };
  if (handed.value) {
    return (
      <Page title={words.bulkTitle} up={up}>
        <Handing entries={handed.value} />
      </Page>
    );
  }
  return (
    <Page title={words.bulkTitle} up={up} lead={words.bulkLead}>
      <div class="stack narrow">
        <div class="field">
          <label for="csv">{words.file}</label>
          <input
            id="csv"
            type="file"
            accept=".csv,text/csv"
            aria-invalid={error.value !== null ? 'true' : undefined}
            aria-describedby="csv-help"
            onChange={(event) => void choose(event.currentTarget.files?.[0])}
          />
          <p id="csv-help" class={error.value === null ? 'help' : 'error'} role={error.value === null ? undefined : 'alert'}>
            {error.value ?? (file.value ? fill(words.rows, { count: number(file.value.rows.length) }) : '')}
          </p>
        </div>
        <Select
          label={words.session}
          help={words.sessionHelp}
          text={session}
          options={sessions.items?.map(({ name }) => [name, name] as const) ?? []}
        />
        <TextArea label={words.text} help={words.textHelp} text={text} rows={4} />
      </div>
      {file.value && (
        <>
          <Preview checked={checked} />
          <DryRun session={chosen} checked={checked} found={(missing) => (nobody.value = missing)} />
          <button
            type="button"
            class="main"
            disabled={entries.length === 0}
            onClick={() => {
              isConfirming.value = true;
            }}
          >
            {fill(words.sendRows, { count: number(entries.length) })}
          </button>
        </>
      )}
      {isConfirming.value && (
        <Confirm
          title={fill(words.confirmTitle, { count: number(entries.length) })}
          verb={fill(words.sendRows, { count: number(entries.length) })}
          act={async () => {
            handed.value = entries;
          }}
          close={() => {
            isConfirming.value = false;
          }}
        >
          <p>{fill(words.confirmLead, { session: [...new Set(entries.map((entry) => entry.session))].join(', ') })}</p>
          <p class="help">{words.again}</p>
        </Confirm>
      )}
    </Page>
  );
}

function faultText(fault: Fault): string {
  if (fault.code === 'number') return fill(words.faultNumber, { to: fault.to });
  if (fault.code === 'column') return fill(words.faultColumn, { name: fault.name });
  if (fault.code === 'twice') return fill(words.faultTwice, { row: fault.row });
  return fault.code === 'text' ? words.faultText : words.faultNobody;
}

/** The first rows as they would be sent, and those that cannot be. */
function Preview({ checked }: { checked: readonly Checked[] }) {
  const wrong = checked.filter(({ fault }) => fault !== null);
  const shown = [...wrong.slice(0, SHOWN), ...checked.filter(({ fault }) => fault === null).slice(0, SHOWN)];
  return (
    <section class="stack-tight">
      <h2>{words.preview}</h2>
      <p role="status">{wrong.length === 0 ? words.allGood : fill(words.someWrong, { count: number(wrong.length) })}</p>
      <table>
        <caption class="unseen">{words.preview}</caption>
        <thead>
          <tr>
            <th scope="col">{words.row}</th>
            <th scope="col">{words.to}</th>
            <th scope="col">{words.message}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ row, to, entry, fault }) => (
            <tr key={row}>
              <th scope="row">{number(row)}</th>
              <td data-head={words.to}>{to}</td>
              <td data-head={words.message}>
                {entry ? <span class="said">{entry.text}</span> : <span class="error">{faultText(fault)}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface DryRunProps {
  session: string;
  checked: readonly Checked[];
  found(missing: ReadonlySet<string>): void;
}

/** Asks of each number whether it is on WhatsApp, one after the other. */
function DryRun({ session, checked, found }: DryRunProps) {
  const done = useSignal<number | null>(null);
  const told = useSignal('');
  const isStopped = useSignal(false);
  const rows = checked.filter((row) => row.entry !== null || row.fault.code === 'nobody');

  async function run(): Promise<void> {
    isStopped.value = false;
    told.value = '';
    const missing = new Set<string>();
    for (const [at, { to, entry }] of rows.entries()) {
      if (isStopped.value) break;
      done.value = at;
      try {
        if (!(await hub.checkContact(entry?.session ?? session, to)).exists) missing.add(to);
      } catch (refused) {
        told.value = fill(words.dryRunStopped, { why: say(refused) });
        break;
      }
    }
    if (told.value === '' && !isStopped.value)
      told.value = fill(words.dryRunDone, { count: number(rows.length), missing: number(missing.size) });
    done.value = null;
    found(missing);
  }

  return (
    <section class="stack-tight">
      <div class="row">
        {done.value === null ? (
          <button type="button" class="quiet" onClick={run}>
            {words.dryRun}
          </button>
        ) : (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              isStopped.value = true;
            }}
          >
            {words.stop}
          </button>
        )}
        <p class="help">{words.dryRunHelp}</p>
      </div>
      {done.value !== null && <Progress text={words.dryRunning} done={done.value} count={rows.length} />}
      <p role="status">{told.value}</p>
    </section>
  );
}
