/** What was written of a flow and is not published yet; kept as long as the app is open, whatever page is looked at meanwhile. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Flow, isProblem } from '../../../../client/index.ts';
import { acting } from '../../ask.ts';
import { draftOf, type Fault, faultOf } from './flow.ts';
import { hasUnsavedTests } from './test-drafts.ts';

interface Kept {
  text: string;
  /** Of the text that it began as; 0: there was none. */
  revision: number;
}

const drafts = signal<ReadonlyMap<string, Kept>>(new Map());
/** What the hub said of a text when it was to be published, by the text. */
const refusals = signal<{ text: string; faults: readonly Fault[] } | null>(null);

const NONE: readonly Fault[] = [];

export interface Draft {
  text: string;
  /** As `text`, but now, which may be later than what is shown. */
  current(): string;
  isChanged: boolean;
  /** Another revision was published since somebody began to write. */
  isBehind: boolean;
  /** What the hub refused this very text for. */
  faults: readonly Fault[];
  write(text: string): void;
  forget(): void;
  /** Takes over the faults of a problem; false where it has none. */
  refuse(error: unknown): boolean;
}

export function draftFor(name: string, flow: Flow | null): Draft {
  const key = `${acting.value ?? ''} ${name}`;
  const source = flow?.source ?? draftOf(name);
  const kept = drafts.value.get(key);
  const text = kept?.text ?? source;
  const keep = (value: Kept | null): void => {
    const next = new Map(drafts.peek());
    if (value) next.set(key, value);
    else next.delete(key);
    drafts.value = next;
  };
  return {
    text,
    current: () => drafts.peek().get(key)?.text ?? source,
    isChanged: kept !== undefined,
    isBehind: kept !== undefined && flow !== null && kept.revision !== flow.revision,
    faults: refusals.value?.text === text ? refusals.value.faults : NONE,
    write: (written) => keep(written === source ? null : { text: written, revision: kept?.revision ?? flow?.revision ?? 0 }),
    forget: () => keep(null),
    refuse(error) {
      if (!isProblem(error, 'flow-invalid') || error.errors.length === 0) return false;
      refusals.value = { text, faults: error.errors.map(faultOf) };
      return true;
    },
  };
}

/** A browser asks before it closes what is not published, or not saved. */
export function useDrafts(): void {
  const hasAny = drafts.value.size > 0 || hasUnsavedTests();
  useEffect(() => {
    if (!hasAny) return;
    const ask = (event: Event): void => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [hasAny]);
}
