import { useEffect, useRef } from 'preact/hooks';

/** Does `work` every `ms` while somebody looks: for what changes without an event. Null: not now. */
export function useEvery(ms: number | null, work: () => unknown): void {
  const latest = useRef(work);
  latest.current = work;
  useEffect(() => {
    if (ms === null) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
}
