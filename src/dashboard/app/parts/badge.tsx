import type { ComponentChildren } from 'preact';

/** How something stands: well, under way, to be looked at, not well, at rest. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'rest';

/** A state in a word, with a shape of its own for each tone, so that it is read without colours, too. */
export function Badge({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`badge badge-${tone}`}>
      <span class="shape" aria-hidden="true" />
      {children}
    </span>
  );
}
