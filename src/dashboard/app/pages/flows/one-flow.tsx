import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Flow, isProblem } from '../../../../client/index.ts';
import { hub } from '../../ask.ts';
import { useOne } from '../../live/use-one.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Awaited } from '../../parts/list.tsx';
import { notify } from '../../parts/notices.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Time } from '../../parts/time.tsx';
import { Page } from '../../shell/frame.tsx';
import { go, query } from '../../shell/place.ts';
import { may } from '../../shell/who.ts';
import { fill } from '../../words/words.ts';
import { draftFor, useDrafts } from './drafts.ts';
import { FLOWS, faultOf, flowPath } from './flow.ts';
import { Publishing } from './publishing.tsx';
import { Revisions } from './revisions.tsx';
import { OneRun, Runs } from './runs.tsx';
import { FlowState } from './status.tsx';
import { Tests } from './tests.tsx';
import { words } from './words.ts';
import { Writing } from './writing.tsx';

interface Props {
  name: string;
  rest: readonly string[];
  /** What the list of all is called. */
  all: string;
}

export function OneFlow({ name, rest: [part, id], all }: Props) {
  const { value: flow, trouble, reload, set } = useOne(name, () => hub.getFlow(name));
  const isPublishing = useSignal(false);
  const isRemoving = useSignal(false);
  const isNew = flow === null && isProblem(trouble, 'not-found') && query.value.has('new') && may('flows:write');
  const draft = draftFor(name, flow);
  useDrafts();
  useEffect(() => {
    if (flow && query.peek().has('new')) go(flowPath(name), { replace: true });
  }, [flow === null]);
  const up = { href: FLOWS, name: all };
  if (!flow && !isNew) {
    return (
      <Page title={name} up={up}>
        <Awaited trouble={trouble} reload={reload} />
      </Page>
    );
  }
  const canWrite = may('flows:write') && flow?.origin !== 'file';
  const here = flowPath(name);
  const current = flow && (part === 'tests' || part === 'revisions' || part === 'runs') ? `${here}/${part}` : here;

  function published(next: Flow): void {
    draft.forget();
    set(next);
    notify(fill(words.published, { name, revision: next.revision }));
  }

  return (
    <Page
      title={name}
      up={up}
      lead={flow ? <About flow={flow} /> : words.notYet}
      actions={
        canWrite && (
          <>
            {current === here && (
              <button
                type="button"
                class="main"
                disabled={flow !== null && !draft.isChanged}
                onClick={() => {
                  isPublishing.value = true;
                }}
              >
                {words.publish}
              </button>
            )}
            {flow && (
              <button
                type="button"
                class="danger"
                onClick={() => {
                  isRemoving.value = true;
                }}
              >
                {words.remove}
              </button>
            )}
          </>
        )
      }
    >
      {flow && (
        <Tabs
          label={words.parts}
          tabs={[
            { href: here, name: words.text },
            { href: `${here}/tests`, name: words.tests },
            { href: `${here}/revisions`, name: words.revisions },
            { href: `${here}/runs`, name: words.runs },
          ]}
          current={current}
        />
      )}
      {flow?.status === 'invalid' && <p class="advice">{words.invalidAdvice}</p>}
      {current === here ? (
        <Writing
          name={name}
          flow={flow}
          draft={draft}
          canWrite={canWrite}
          publish={() => {
            if (flow === null || draft.isChanged) isPublishing.value = true;
          }}
        />
      ) : part === 'tests' ? (
        flow && <Tests name={name} flow={flow} draft={draft} />
      ) : part === 'revisions' ? (
        flow && <Revisions flow={flow} canWrite={canWrite} published={published} />
      ) : id === undefined ? (
        <Runs name={name} />
      ) : (
        <OneRun key={id} id={id} />
      )}
      {isPublishing.value && (
        <Publishing
          name={name}
          source={draft.text}
          isFirst={flow === null}
          done={published}
          refused={(error) => {
            const isTold = draft.refuse(error);
            const [first] = isTold && isProblem(error) ? error.errors.map(faultOf) : [];
            if (first) notify(fill(words.notPublished, { line: first.line, what: first.message }));
            return isTold;
          }}
          close={() => {
            isPublishing.value = false;
          }}
        />
      )}
      {isRemoving.value && (
        <Confirm
          title={fill(words.removeTitle, { name })}
          verb={words.remove}
          name={name}
          act={async () => {
            await hub.deleteFlow(name);
            draft.forget();
            notify(fill(words.removed, { name }));
            go(FLOWS);
          }}
          close={() => {
            isRemoving.value = false;
          }}
        >
          <p>{words.removeLead}</p>
        </Confirm>
      )}
    </Page>
  );
}

const About = ({ flow }: { flow: Flow }) => (
  <span class="row">
    <FlowState status={flow.status} />
    <span>{fill(words.revisionOf, { revision: flow.revision })}</span>
    <span>{words[`origin_${flow.origin}`]}</span>
    <Time at={flow.updatedAt} />
  </span>
);
