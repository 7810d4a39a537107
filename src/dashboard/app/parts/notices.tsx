import { signal } from '@preact/signals';
import { shellWords as words } from '../shell/words.ts';
import { say } from './say.ts';

interface Notice {
  id: number;
  text: string;
  isTrouble: boolean;
}

const notices = signal<readonly Notice[]>([]);
let last = 0;

/** Milliseconds. What went wrong stays until it is dismissed. */
const STAYS = 6_000;

const dismiss = (id: number): void => {
  notices.value = notices.value.filter((notice) => notice.id !== id);
};

function add(text: string, isTrouble: boolean): void {
  const id = ++last;
  // What is told again is told once.
  notices.value = [...notices.value.filter((notice) => notice.text !== text), { id, text, isTrouble }].slice(-3);
  if (!isTrouble) setTimeout(() => dismiss(id), STAYS);
}

/** Says at the edge of the page that something was done. */
export const notify = (text: string): void => add(text, false);

/** Says what went wrong: with what `ask` rejected. */
export const notifyTrouble = (error: unknown, known?: Record<string, string>): void => add(say(error, known), true);

export function Notices() {
  return (
    <div class="notices" role="status">
      {notices.value.map(({ id, text, isTrouble }) => (
        <div key={id} class={`notice ${isTrouble ? 'notice-trouble' : ''}`}>
          <p>{text}</p>
          <button type="button" class="link" onClick={() => dismiss(id)}>
            {words.dismiss}
          </button>
        </div>
      ))}
    </div>
  );
}
