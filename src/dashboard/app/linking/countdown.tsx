import { signal } from '@preact/signals';
import { hubNow } from '../ask.ts';
import { fill } from '../words/words.ts';

/** By the clock of the hub; moves on every half second, so that no second is left out. */
const now = signal(hubNow());
setInterval(() => {
  now.value = hubNow();
}, 500);

/** `90_000` → `1:30` */
function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** What is left until `until`. Nobody is told each second of it aloud. */
export function Countdown({ text, until }: { text: string; until: string }) {
  return (
    <span class="countdown" role="timer" aria-live="off">
      {fill(text, { time: clockTime(Date.parse(until) - now.value) })}
    </span>
  );
}

/** How much is left of a span, as a line that grows shorter. Words beside it say the same. */
export function Remaining({ from, until }: { from: number; until: string }) {
  const end = Date.parse(until);
  const left = Math.max(0, Math.min(1, (end - now.value) / Math.max(1, end - from)));
  return (
    <svg class="remaining" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="remaining-track" width="100" height="1" />
      <rect class="remaining-left" width={left * 100} height="1" />
    </svg>
  );
}
