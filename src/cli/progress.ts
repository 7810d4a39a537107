import { isInJson } from './output.ts';

/** How often a bar is drawn anew, in ms. */
const PACE = 100;
const WIDEST = 30;
const CLEAR = '\r\x1b[K';

/** Shows how far work is; disposing of it takes the bar away. */
export interface Progress extends Disposable {
  to(what: string, done: number, total: number): void;
}

/** On a terminal that shows errors, and nowhere else: in a log or a file each step would be a line. */
export function showProgress(screen: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'> = process.stderr): Progress {
  if (!screen.isTTY || isInJson()) return { to: () => undefined, [Symbol.dispose]: () => undefined };
  let drawnAt = Number.NEGATIVE_INFINITY;
  return {
    to(what, done, total) {
      const now = performance.now();
      if (now - drawnAt < PACE && done < total) return;
      drawnAt = now;
      screen.write(CLEAR + barOf({ what, done, total }, screen.columns));
    },
    [Symbol.dispose]: () => void screen.write(CLEAR),
  };
}

/** `media ██████░░░░ 60 %  600/1000`, in one line of the screen. */
export function barOf({ what, done, total }: { what: string; done: number; total: number }, columns = 80): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const numbers = ` ${Math.floor(share * 100)} %  ${done}/${total}`;
  const room = Math.max(0, Math.min(WIDEST, columns - what.length - numbers.length - 2));
  const full = Math.round(share * room);
  return `${what} ${'█'.repeat(full)}${'░'.repeat(room - full)}${numbers}`.slice(0, columns - 1);
}
