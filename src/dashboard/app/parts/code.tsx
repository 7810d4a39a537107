import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { shellWords as words } from '../shell/words.ts';
import { copy } from './copy.ts';

/** What is meant for a program, whole, with a button that copies it. */
export function Code({ label, text }: { label: string; text: string }) {
  const isCopied = useSignal(false);
  const block = useRef<HTMLPreElement>(null);

  async function take(): Promise<void> {
    isCopied.value = await copy(text, () => {
      if (block.current) getSelection()?.selectAllChildren(block.current);
    });
    setTimeout(() => {
      isCopied.value = false;
    }, 2_000);
  }

  return (
    <figure class="code-block">
      <figcaption>
        <span>{label}</span>
        <button type="button" class="link" onClick={take}>
          {isCopied.value ? words.copied : words.copy}
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <pre ref={block} tabIndex={0}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}
