import { fill } from '../words/words.ts';
import { number } from './number.ts';

/** How far long work is. `text` has the places `{done}` and `{count}`. */
export function Progress({ text, done, count }: { text: string; done: number; count: number }) {
  const said = fill(text, { done: number(done), count: number(count) });
  return (
    <div class="progress">
      <progress aria-label={said} max={count} value={done} />
      <span>{said}</span>
    </div>
  );
}
