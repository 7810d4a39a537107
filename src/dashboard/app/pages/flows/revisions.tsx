import { useSignal } from '@preact/signals';
import { structuredPatch } from 'diff';
import { useEffect, useRef } from 'preact/hooks';
import type { Flow } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useList } from '../../live/use-list.ts';
import { useOne } from '../../live/use-one.ts';
import { Awaited, List } from '../../parts/list.tsx';
import { number } from '../../parts/number.ts';
import { Time } from '../../parts/time.tsx';
import { query } from '../../shell/place.ts';
import { fill } from '../../words/words.ts';
import { flowPath } from './flow.ts';
import { Publishing } from './publishing.tsx';
import { words } from './words.ts';

interface Props {
  flow: Flow;
  canWrite: boolean;
  published(flow: Flow): void;
}

/** All texts of a flow; what an older one has differently, and back to it. */
export function Revisions({ flow, canWrite, published }: Props) {
  const list = useList(`${flow.name} ${flow.revision}`, (cursor) => hub.listFlowRevisions(flow.name, { cursor }), {
    idOf: ({ revision }) => String(revision),
  });
  const chosen = query.value.get('revision');
  return (
    <>
      <List
        list={list}
        label={words.revisions}
        idOf={({ revision }) => String(revision)}
        columns={[
          { head: words.revision, cell: ({ revision }) => fill(words.revisionOf, { revision: number(revision) }) },
          { head: words.publishedAt, cell: ({ createdAt }) => <Time at={createdAt} /> },
          {
            head: words.compare,
            cell: ({ revision }) =>
              revision === flow.revision ? (
                <span class="none">{words.isPublished}</span>
              ) : (
                <a href={`${flowPath(flow.name, 'revisions')}?revision=${revision}`}>{words.compare}</a>
              ),
          },
        ]}
        empty={null}
      />
      {chosen !== null && chosen !== String(flow.revision) && (
        <Compared key={chosen} flow={flow} revision={chosen} canWrite={canWrite} published={published} />
      )}
    </>
  );
}

function Compared({ flow, revision, canWrite, published }: Props & { revision: string }) {
  const { value: older, trouble, reload } = useOne(`${flow.name} ${revision}`, () => hub.getFlowRevision(flow.name, revision));
  const isGoing = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, [older === null]);
  if (!older) return <Awaited trouble={trouble} reload={reload} />;
  return (
    <section class="stack-tight">
      <div class="row between">
        <h2 ref={heading} tabIndex={-1}>
          {fill(words.compareTitle, { from: number(older.revision), to: number(flow.revision) })}
        </h2>
        {canWrite && (
          <button
            type="button"
            class="quiet"
            onClick={() => {
              isGoing.value = true;
            }}
          >
            {words.goBack}
          </button>
        )}
      </div>
      <Difference from={older.source} to={flow.source} />
      {isGoing.value && (
        <Publishing
          name={flow.name}
          source={older.source}
          isFirst={false}
          done={published}
          close={() => {
            isGoing.value = false;
          }}
        />
      )}
    </section>
  );
}

const SIGNS = { '+': 'ins', '-': 'del', ' ': 'span' } as const;

/** Line by line, with three lines around each change. */
function Difference({ from, to }: { from: string; to: string }) {
  const { hunks } = structuredPatch('', '', from, to, '', '', { context: 3 });
  if (hunks.length === 0) return <p class="help">{words.same}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section class="flow-difference mono" tabIndex={0} aria-label={words.difference}>
      {hunks.map(({ oldStart, newStart, lines }) => (
        <div key={`${oldStart} ${newStart}`}>
          <p class="flow-hunk">{fill(words.line, { line: number(newStart) })}</p>
          {lines
            .filter((line) => line[0] !== '\\')
            .map((line, at) => {
              const Line = SIGNS[line[0] as keyof typeof SIGNS] ?? 'span';
              return (
                <Line key={at} class="flow-line">
                  {line}
                </Line>
              );
            })}
        </div>
      ))}
    </section>
  );
}
