import { useSignal } from '@preact/signals';
import type { EnginesHealth, LogLevels, Node } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { Fact } from '../../parts/fact.tsx';
import { Select } from '../../parts/field.tsx';
import { Awaited, List } from '../../parts/list.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { bytes, number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { fill } from '../../words/words.ts';
import { words } from './words.ts';

/** What the operator has set for the hub as a whole, and what it runs on. */
export function Hub({ page }: PageProps) {
  return (
    <Page title={page.name} lead={words.lead}>
      <div class="panes">
        <Egress />
        <LogLevel />
        <Engines />
        <section class="pane">
          <h2>{words.figures}</h2>
          <p>{words.figuresLead}</p>
          <p class="row">
            <a href="/metrics">/metrics</a>
            <a href="/docs/metrics">{words.figuresMore}</a>
          </p>
        </section>
      </div>
      <Nodes />
    </Page>
  );
}

function Egress() {
  const { value, trouble, reload } = useOne('egress', () => hub.getEgress());
  return (
    <section class="pane">
      <h2>{words.egress}</h2>
      {!value && <Awaited trouble={trouble} reload={reload} />}
      {value && (
        <>
          <p>{value.allow.length > 0 ? words.egressAllowed : words.egressNone}</p>
          {value.allow.length > 0 && (
            <ul class="plain">
              {value.allow.map((range) => (
                <li key={range}>
                  <code>{range}</code>
                </li>
              ))}
            </ul>
          )}
          <h3>{words.proxies}</h3>
          {value.proxies.length === 0 && <p class="none">{words.noProxies}</p>}
          {value.proxies.length > 0 && (
            <dl class="facts">
              {value.proxies.map(({ name, server }) => (
                <Fact key={name} name={name}>
                  <code>{server}</code>
                </Fact>
              ))}
            </dl>
          )}
          <p class="help">{words.egressHelp}</p>
        </>
      )}
    </section>
  );
}

type Level = LogLevels['level'];

const LEVELS: Record<Level, string> = {
  error: words.log_error,
  warn: words.log_warn,
  info: words.log_info,
  http: words.log_http,
  verbose: words.log_verbose,
  debug: words.log_debug,
  silly: words.log_silly,
};
const TELLS_ALL: readonly Level[] = ['debug', 'silly'];

function LogLevel() {
  const { value, trouble, reload, set } = useOne('log level', () => hub.getLogLevel());
  return (
    <section class="pane">
      <h2>{words.logLevel}</h2>
      {value ? <ChooseLevel key={value.level} levels={value} set={set} /> : <Awaited trouble={trouble} reload={reload} />}
    </section>
  );
}

function ChooseLevel({ levels, set }: { levels: LogLevels; set(levels: LogLevels): void }) {
  const chosen = useSignal<Level>(levels.level);
  const isSaving = useSignal(false);
  async function save(event: Event): Promise<void> {
    event.preventDefault();
    isSaving.value = true;
    await hub.updateLogLevel({ level: chosen.value }).then((changed) => {
      notify(fill(words.logChanged, { level: changed.level }));
      set(changed);
    }, notifyTrouble);
    isSaving.value = false;
  }
  return (
    <form class="stack" onSubmit={save} noValidate>
      <Select
        label={words.logged}
        help={fill(words.logHelp, { level: levels.configured })}
        text={chosen}
        options={(Object.keys(LEVELS) as Level[]).map((level) => [level, `${level} – ${LEVELS[level]}`] as const)}
      />
      {TELLS_ALL.includes(chosen.value) && <p class="advice">{words.logTellsAll}</p>}
      <button type="submit" class="main start" disabled={isSaving.value || chosen.value === levels.level}>
        {words.change}
      </button>
    </form>
  );
}

/** The hubs of the cluster; one alone is a node, too. */
function Nodes() {
  const list = useList<Node>('nodes', (cursor) => hub.listNodes({ cursor }));
  return (
    <section class="stack">
      <h2>{words.nodes}</h2>
      <List
        list={list}
        label={words.nodes}
        columns={[
          { head: words.node, cell: ({ url }) => url },
          { head: words.version, cell: ({ version }) => version },
          { head: words.role, cell: ({ role, draining }) => (draining ? `${role} (${words.draining})` : role) },
          { head: words.nodeSessions, cell: ({ sessions }) => number(sessions.count), isNumber: true },
          { head: words.memory, cell: ({ memoryBytes }) => bytes(memoryBytes), isNumber: true },
          { head: words.started, cell: ({ startedAt }) => <Time at={startedAt} /> },
          { head: words.seen, cell: ({ seenAt }) => <Time at={seenAt} /> },
        ]}
        empty={null}
      />
    </section>
  );
}

function Engines() {
  const { value, trouble, reload } = useOne('engines', () => hub.listHealthEngines());
  return (
    <section class="pane">
      <h2>{words.engines}</h2>
      {value ? <EnginesFound found={value} /> : <Awaited trouble={trouble} reload={reload} />}
    </section>
  );
}

function EnginesFound({ found: { engines, whatsapp } }: { found: EnginesHealth }) {
  return (
    <>
      <p>{words.enginesLead}</p>
      <ul class="plain">
        {engines.map((engine) => (
          <li key={engine}>{engine}</li>
        ))}
      </ul>
      {whatsapp ? (
        <p>
          {words.checked} <Time at={whatsapp.checkedAt} />
        </p>
      ) : (
        <p class="help">{words.check}</p>
      )}
    </>
  );
}
