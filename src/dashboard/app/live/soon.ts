/** Milliseconds: what happens often has a page ask once in so long. */
const APART = 750;

/** Calls `work` at once, then no more often than every `apart` ms, and once after the last time that it was asked to. */
export function soon(work: () => void, apart = APART): { call(): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOwed = false;
  const rest = (): void => {
    timer = undefined;
    if (isOwed) call();
  };
  function call(): void {
    if (timer !== undefined) {
      isOwed = true;
      return;
    }
    isOwed = false;
    timer = setTimeout(rest, apart);
    work();
  }
  return {
    call,
    cancel() {
      clearTimeout(timer);
      isOwed = false;
    },
  };
}
