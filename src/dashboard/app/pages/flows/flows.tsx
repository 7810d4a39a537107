import { useSignal } from '@preact/signals';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { Field } from '../../parts/field.tsx';
import { FormDialog } from '../../parts/form-dialog.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { MakeButton } from '../../parts/make-button.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import type { PageProps } from '../../shell/page.ts';
import { go } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { EVENTS, flowPath, OPT_OUTS, SECRETS } from './flow.ts';
import { OneFlow } from './one-flow.tsx';
import { FlowState } from './status.tsx';
import { words } from './words.ts';

export function Flows({ page: { name: title }, rest: [name, ...rest] }: PageProps) {
  return name === undefined ? <AllFlows title={title} /> : <OneFlow key={name} name={name} rest={rest} all={title} />;
}

function AllFlows({ title }: { title: string }) {
  const list = useList('flows', (cursor) => hub.listFlows({ cursor }), { idOf: ({ name }) => name, after: EVENTS });
  const files = useOne('files', () => hub.getFlowFiles(), { after: EVENTS }).value;
  const make = may('flows:write') && <MakeButton verb={words.make}>{(close) => <NewFlow close={close} />}</MakeButton>;
  return (
    <Page
      title={title}
      lead={words.lead}
      actions={
        <>
          {make}
          <a class="button quiet" href={OPT_OUTS}>
            {words.optOuts}
          </a>
          <a class="button quiet" href="/docs/flows">
            {words.guide}
          </a>
          <a class="button quiet" href={SECRETS}>
            {words.secrets}
          </a>
        </>
      }
    >
      {files && files.errors.length > 0 && (
        <div class="told told-trouble" role="alert">
          <span class="mark" aria-hidden="true" />
          <div>
            <p>{words.filesWrong}</p>
            <ul class="plain">
              {files.errors.map(({ path, message }) => (
                <li key={`${path} ${message}`}>
                  <code>{path}</code> {message}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
      <List
        list={list}
        label={words.label}
        idOf={({ name }) => name}
        columns={[
          { head: words.flow, cell: ({ name }) => <a href={flowPath(name)}>{name}</a> },
          { head: words.state, cell: ({ status }) => <FlowState status={status} /> },
          { head: words.says, cell: ({ says }) => <span class="excerpt">{says.join(', ')}</span> },
          { head: words.startsToday, isNumber: true, cell: ({ lastDay }) => number(lastDay.starts) },
          { head: words.answersToday, isNumber: true, cell: ({ lastDay }) => number(lastDay.answers) },
          { head: words.revision, isNumber: true, cell: ({ revision }) => number(revision) },
          { head: words.origin, cell: ({ origin }) => words[`origin_${origin}`] },
          { head: words.changed, cell: ({ updatedAt }) => <Time at={updatedAt} /> },
        ]}
        empty={
          <Empty title={words.emptyTitle}>
            <p>{words.empty}</p>
            {make}
          </Empty>
        }
      />
    </Page>
  );
}

/** A name; the text is written on its page, and nothing is there before it is published. */
function NewFlow({ close }: { close(): void }) {
  const name = useSignal('');
  const error = useSignal<string | null>(null);
  return (
    <FormDialog
      title={words.make}
      verb={words.write}
      close={close}
      act={async () => {
        const chosen = name.value.trim();
        error.value = /^[a-z0-9][a-z0-9_-]{0,63}$/.test(chosen) ? null : words.nameWrong;
        return error.value === null && chosen;
      }}
      done={(chosen) => go(`${flowPath(chosen)}?new`)}
    >
      <Field label={words.name} help={words.nameHelp} text={name} error={error.value} />
    </FormDialog>
  );
}
