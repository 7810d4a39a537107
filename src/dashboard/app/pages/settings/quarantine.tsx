import { useSignal } from '@preact/signals';
import type { Quarantined } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { type Listed, useList } from '../../live/use-list.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Empty, List } from '../../parts/list.tsx';
import { notify, notifyTrouble } from '../../parts/notices.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { words } from './words.ts';

/** What could not be taken in, to be tried again or dropped. */
export function Quarantine() {
  const list = useList('quarantine', (cursor) => hub.listQuarantine({ cursor }), { after: ['quarantine.added'] });
  return (
    <>
      <p>{words.quarantineLead}</p>
      <List
        list={list}
        label={words.quarantineLabel}
        columns={[
          { head: words.kind, cell: ({ kind, engineId }) => (engineId ? `${words[kind]} ${engineId}` : words[kind]) },
          { head: words.stage, cell: ({ stage }) => words[stage] },
          { head: words.error, cell: ({ error }) => <span class="excerpt">{error}</span> },
          { head: words.attempts, cell: ({ attempts }) => number(attempts), isNumber: true },
          { head: words.at, cell: ({ at }) => <Time at={at} /> },
          ...(may('messages:send') ? [{ head: words.actions, cell: (item: Quarantined) => <Commands item={item} list={list} /> }] : []),
        ]}
        empty={
          <Empty title={words.quarantineEmptyTitle}>
            <p>{words.quarantineEmpty}</p>
          </Empty>
        }
      />
    </>
  );
}

function Commands({ item: { id, truncated }, list }: { item: Quarantined; list: Listed<Quarantined> }) {
  const isDropping = useSignal(false);
  const isTrying = useSignal(false);
  const retry = async (): Promise<void> => {
    isTrying.value = true;
    await hub.retryQuarantine(id).then(({ taken, error }) => {
      if (taken) {
        notify(words.taken);
        list.put(id, null);
      } else notifyTrouble(new Error(fill(words.notTaken, { why: error ?? '' })));
    }, notifyTrouble);
    isTrying.value = false;
  };
  return (
    <div class="row">
      {!truncated && (
        <button type="button" class="quiet small" disabled={isTrying.value} onClick={retry}>
          {words.retry}
        </button>
      )}
      <button
        type="button"
        class="danger small"
        onClick={() => {
          isDropping.value = true;
        }}
      >
        {words.drop}
      </button>
      {isDropping.value && (
        <Confirm
          title={words.dropTitle}
          verb={words.drop}
          act={async () => {
            await hub.deleteQuarantine(id);
            notify(words.dropped);
            list.put(id, null);
          }}
          close={() => {
            isDropping.value = false;
          }}
        >
          <p>{words.dropLead}</p>
        </Confirm>
      )}
    </div>
  );
}
